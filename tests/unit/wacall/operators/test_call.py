"""What `wacall call` prints of a call that goes on, and of one that is over."""

import pytest

from wacall.operators.call import change


@pytest.mark.parametrize(
    ("status", "reason", "why", "printed"),
    [
        ("ringing", None, None, ["ringing"]),
        (
            "failed", "graph-refused", "Meta says: \x1bno.",
            ["failed: graph-refused", "Meta says:  no."],
        ),
        (
            "no_answer", "not-answered", "Nobody picked up.",
            ["no_answer: not-answered", "Nobody picked up."],
        ),
        ("completed", "caller-hangup", "The other side hung up.", ["completed: caller-hangup"]),
        ("failed", "internal", None, ["failed: internal"]),
    ],
)  # fmt: skip
def test_a_call_that_failed_says_why(
    status: str, reason: str | None, why: str | None, printed: list[str]
) -> None:
    """The reason's slug for programs, and behind it a sentence for people."""
    assert change({"status": status, "end_reason": reason, "why": why}) == printed
    assert change({"status": status, "end_reason": reason}) == printed[:1]
