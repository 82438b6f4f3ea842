"""What `wacall call` prints of a call that goes on, and of one that is over."""

import pytest

from wacall.operators.call import change


@pytest.mark.parametrize(
    ("status", "reason", "why", "printed"),
    [
        ("ringing", None, None, ["ringing"]),
        (
            "failed", "graph-refused", "Meta says: \x1bno.",
            ["failed: graph refused", "Meta says:  no."],
        ),
        (
            "no_answer", "not-answered", "Nobody picked up.",
            ["no_answer: not answered", "Nobody picked up."],
        ),
        ("completed", "caller-hangup", "The other side hung up.", ["completed: callee hung up"]),
        ("failed", "internal", None, ["failed: internal"]),
    ],
)  # fmt: skip
def test_a_call_that_failed_says_why(
    status: str, reason: str | None, why: str | None, printed: list[str]
) -> None:
    """The reason in words, and behind it a sentence; who hung up is named as what they were."""
    call = {"status": status, "end_reason": reason, "direction": "outbound"}
    assert change({**call, "why": why}) == printed
    assert change(call) == printed[:1]
