"""The list of calls in a terminal."""

from typing import Any

from wacall.operators.calls import listing


def call(**fields: Any) -> dict[str, Any]:
    return {
        "id": "9b0f3c9e-7a51-4a62-9a1d-0d6f7c1b2a3e",
        "direction": "inbound",
        "status": "completed",
        "end_reason": "caller-hangup",
        "created_at": "2026-03-01T12:00:30.123456+00:00",
        "duration_s": 63.4,
        "caller": {"name": "Zoë\n", "phone": "15550001111", "user_id": None},
        **fields,
    }


def test_each_call_is_a_line_under_its_head() -> None:
    """In the order of the API, newest first; columns stand one under the other."""
    lines = listing([call(), call(status="ringing", end_reason=None, duration_s=None)])
    assert [line.index("inbound") for line in lines[1:]] == [lines[0].index("DIRECTION")] * 2
    assert lines[1].startswith("2026-03-01 12:00:30  9b0f3c9e-7a51-4a62-9a1d-0d6f7c1b2a3e  inbound")
    assert lines[1].endswith("completed: caller hung up  63 s    Zoë, +15550001111")
    assert "ringing" in lines[2]


def test_no_calls_are_a_sentence() -> None:
    """An empty table would look like a fault."""
    assert listing([]) == ["There are no calls."]
