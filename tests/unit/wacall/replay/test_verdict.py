"""What counts as another end, and what does not."""

from typing import Any

import pytest

from wacall.replay.bundle import BundledCall, call_of
from wacall.replay.verdict import differences

BEGAN = "2026-11-27T12:00:00Z"


def event(kind: str, second: int, source: str = "meta") -> dict[str, Any]:
    return {"at": f"2026-11-27T12:00:0{second}Z", "source": source, "kind": kind, "payload": None}


def call(**fields: Any) -> BundledCall:
    row = {
        "id": "9b0f3c9e", "direction": "inbound", "status": "completed", "whose": "caller",
        "end_reason": "caller-hangup", "created_at": BEGAN, "answered_at": BEGAN,
        "ended_at": BEGAN, "timings_ms": {"room_ms": 5, "agent_ms": 9},
        "timeline": [event("connect", 0), event("terminate", 3)], **fields,
    }  # fmt: skip
    return call_of({"format": "wacall-call", "version": 1, "call": row})


@pytest.mark.parametrize(
    "fields",
    [
        {},
        {"id": "another", "ended_at": "2026-11-27T12:00:09Z"},
        {"timings_ms": {"agent_ms": 900, "room_ms": 2000}},
        {"timeline": [event("terminate", 8), event("connect", 1), event("joined", 2, "livekit")]},
    ],
    ids=str,
)
def test_times_and_neighbours_may_differ(fields: dict[str, Any]) -> None:
    """From machine to machine."""
    assert differences(call(), call(**fields)) == []


@pytest.mark.parametrize(
    ("fields", "told"),
    [
        ({"status": "failed"}, "failed (caller-hangup)"),
        ({"end_reason": "media-lost"}, "completed (media-lost)"),
        ({"whose": None}, "side of nobody"),
        ({"answered_at": None}, "It was not answered"),
        ({"timings_ms": {"room_ms": 5}}, "lacks: agent"),
        ({"timings_ms": {"room_ms": 5, "agent_ms": 9, "leg_ms": 1}}, "had not: leg"),
        ({"timeline": [event("connect", 3), event("terminate", 0)]}, "terminate, connect;"),
        ({"timeline": []}, "Meta told nothing"),
    ],
    ids=str,
)
def test_each_difference_is_a_sentence(fields: dict[str, Any], told: str) -> None:
    """With what it was in the bundle."""
    (sentence,) = differences(call(), call(**fields))
    assert told in sentence
