"""Rooms and rows are joined by name, and what has no other half says so."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from controlplane.core.live_rooms import LinkSeen, LiveRoom, PersonSeen, RoomSeen, live_rooms
from shared.call.call import Call, CallStatus, Direction
from shared.call.ids import CallId, PhoneNumberId
from shared.call.person import Party, Person

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
ONE, OTHER = (
    CallId("7c9e6679-7425-40de-944b-e07fc1f90ae7"), CallId("7c9e6679-7425-40de-944b-e07fc1f90ae8"),
)  # fmt: skip
CALL = Call(
    id=ONE,
    wacid=None,
    direction=Direction.OUTBOUND,
    status=CallStatus.ACTIVE,
    phone_number_id=PhoneNumberId("1"),
    party=Party(person=Person(phone="15551234567")),
    created_at=NOW - timedelta(seconds=9),
)
AGENT = PersonSeen(
    identity="agent", kind="agent", state="active", attributes={"lk.agent.state": "speaking"}
)
CALLER = PersonSeen(identity="caller", kind="connector", state="active")
OPERATOR = PersonSeen(identity="operator-1", kind="standard", state="active")
ROOM = RoomSeen(name=f"wa-{ONE}", began_at=NOW - timedelta(seconds=8), people=(CALLER, AGENT))


def look(*rooms: RoomSeen, calls: tuple[Call, ...] = ()) -> list[LiveRoom]:
    """Join, with a link of each of two calls."""
    link = LinkSeen(lost=3, jitter_ms=1.5)
    return live_rooms(rooms, calls, {(ONE, "caller"): link, (OTHER, "caller"): link}, NOW)


def test_a_call_in_its_room_has_people_and_numbers() -> None:
    """The row gives status and age, the bridge the numbers of this call alone."""
    (room,) = look(ROOM, calls=(CALL,))
    assert (room.call_id, room.call, room.age_s, room.trouble) == (ONE, CALL, 9.0, None)
    assert (room.agent_state, room.is_taken_over) == ("speaking", False)
    assert room.links == {"caller": LinkSeen(lost=3, jitter_ms=1.5)}


def test_an_operator_in_the_room_has_taken_over() -> None:
    """By the identity alone."""
    (room,) = look(replace(ROOM, people=(CALLER, AGENT, OPERATOR)), calls=(CALL,))
    assert room.is_taken_over


def test_what_has_no_other_half_says_so() -> None:
    """A row without a room, a room without a row; of a room that nobody dates no age."""
    (bare,) = look(calls=(CALL,))
    assert bare.trouble is not None
    assert "no room" in bare.trouble
    assert (bare.people, bare.agent_state) == ((), None)
    (orphan,) = look(replace(ROOM, began_at=None, people=None))
    assert orphan.trouble is not None
    assert "no live call" in orphan.trouble
    assert (orphan.people, orphan.age_s, orphan.is_taken_over) == (None, None, False)


def test_the_oldest_come_first_and_other_peoples_rooms_not_at_all() -> None:
    """A room that merely begins like ours is not ours."""
    newer = RoomSeen(name=f"wa-{OTHER}", began_at=NOW)
    found = look(newer, ROOM, RoomSeen(name="wa-party", began_at=NOW))
    assert [room.call_id for room in found] == [ONE, OTHER]
