"""The calls that go on, as the pages are told of them."""

from datetime import UTC, datetime
from typing import Any

import pytest

from controlplane.core.live_rooms import STATE_ATTRIBUTE, LiveRoom, PersonSeen, RoomSeen
from controlplane.dashboard.live import RoomNow, changed, is_same_list, masked, now_calls, room_now
from shared.call.looking import LISTENER_PREFIX

NOW = datetime(2026, 1, 31, 12, 0, 10, tzinfo=UTC)


def row(call_id: str, **values: Any) -> dict[str, Any]:
    return {
        "id": call_id, "direction": "inbound", "status": "active", "profile": None,
        "created_at": "2026-01-31T12:00:00+00:00", "updated_at": "u", "answered_at": None,
        "caller_phone": "15550100123", "cost_usd": None,
    } | values  # fmt: skip


def test_live_calls_are_shown_oldest_first_without_whole_numbers() -> None:
    """Those that are over are left out; what no room tells is null."""
    rows = [
        row("b", created_at="2026-01-31T12:00:05+00:00", cost_usd="0.5"), row("a"),
        row("c", status="completed"),
    ]  # fmt: skip
    rooms = {"a": RoomNow(agent="listening", user=0.5, assistant=0.0, listeners=1)}
    first, second = now_calls(rows, rooms, NOW)
    assert (first["call_id"], first["age_s"], first["person"]) == ("a", 10.0, "…23")
    assert first["talk"] == {"user": 0.5, "assistant": 0.0}
    assert (second["call_id"], second["cost_usd"], second["agent"]) == ("b", 0.5, None)
    assert "15550100123" not in str(first)


def test_age_alone_is_no_news() -> None:
    """Pages count it themselves; any other field is told."""
    one, later = now_calls([row("a")], {}, NOW), now_calls([row("a")], {}, NOW.replace(second=30))
    assert is_same_list(one, later)
    assert not is_same_list(one, now_calls([row("a", answered_at="x")], {}, NOW))
    assert not is_same_list(one, [])


def test_what_was_written_since_has_changed() -> None:
    """New ones too."""
    assert changed({"a": "u", "b": "t"}, [row("a"), row("b"), row("c")]) == ["b", "c"]


@pytest.mark.parametrize(("phone", "shown"), [(None, None), ("", None), ("15550100123", "…23")])
def test_a_number_is_masked(phone: str | None, shown: str | None) -> None:
    """But for its last two digits."""
    assert masked(phone) == shown


def test_a_room_tells_what_its_agent_does_and_who_listens() -> None:
    """Of a room that nobody saw nothing is known, and nothing is claimed."""
    people = (
        PersonSeen(identity="agent", kind="agent", state="active",
                   attributes={STATE_ATTRIBUTE: "speaking"}),
        PersonSeen(identity=f"{LISTENER_PREFIX}1", kind="standard", state="active"),
    )  # fmt: skip
    seen = RoomSeen(name="wa-1", began_at=NOW, people=people)
    room = LiveRoom(name="wa-1", call_id=None, call=None, seen=seen, age_s=1.0)
    assert room_now(room, wants_human=True) == RoomNow(
        agent="speaking", assistant=1.0, listeners=1, taken_over=False, wants_human=True
    )
    unseen = RoomSeen(name="wa-1", began_at=NOW, people=None)
    room = LiveRoom(name="wa-1", call_id=None, call=None, seen=unseen, age_s=1.0)
    assert room_now(room, wants_human=False) == RoomNow(wants_human=False)
