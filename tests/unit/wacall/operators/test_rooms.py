"""`wacall rooms` writes what `GET /rooms` answers, whatever of it is unknown."""

from typing import Any

import pytest

from wacall.operators.rooms import shown_rooms

TRACK = {
    "sid": "TR_1", "name": "", "codec": "audio/opus", "muted": False, "lost": 3, "jitter_ms": 1.5,
}  # fmt: skip
CALLER = {"identity": "caller", "kind": "connector", "state": "active", "tracks": [TRACK]}
ROOM: dict[str, Any] = {
    "call_id": "7c9e", "room": "wa-7c9e", "age_s": 61.4, "status": "active",
    "agent_state": "listening", "taken_over": False, "wants_human": None, "trouble": None,
    "participants": [CALLER],
}  # fmt: skip


@pytest.mark.parametrize(
    ("change", "line"),
    [
        ({}, "7c9e  61 s  active  agent listening"),
        ({}, "    TR_1, audio/opus, 3 lost, jitter 1.5 ms"),
        ({"taken_over": True}, "7c9e  61 s  active  an operator speaks"),
        (
            {"wants_human": "2026-03-01T12:00:00Z"},
            "7c9e  61 s  active  agent listening  WANTS A PERSON since 2026-03-01T12:00:00Z",
        ),
        (
            {"call_id": None, "age_s": None, "status": None, "agent_state": None},
            "wa-7c9e  -  no row",
        ),
        ({"trouble": "No room."}, "  ! No room."),
        ({"participants": None}, "  LiveKit does not tell who is there."),
        (
            {"participants": [{**CALLER, "tracks": [{**TRACK, "name": "agent-audio",
             "codec": None, "muted": True, "lost": None}]}]},
            "    agent-audio, codec unknown, muted",
        ),
    ],
)  # fmt: skip
def test_each_thing_has_its_words(change: dict[str, Any], line: str) -> None:
    """What is unknown is said to be, or left out."""
    assert line in shown_rooms({"rooms": [{**ROOM, **change}]})


def test_no_rooms_are_a_sentence() -> None:
    """An empty table says nothing."""
    assert shown_rooms({"rooms": []}) == ["There are no rooms."]
