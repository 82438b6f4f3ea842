"""Live rooms beside the rows of live calls, as `GET /rooms` tells of them; pure."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol

from shared.call.call import Call
from shared.call.ids import CallId
from shared.call.looking import OPERATOR_PREFIX
from shared.call.room import AGENT_IDENTITY, CALLER_IDENTITY, call_id_of_room

STATE_ATTRIBUTE = "lk.agent.state"
"""LiveKit's, by which agents show what they do."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TrackSeen:
    """One track, as LiveKit lists it."""

    sid: str
    name: str
    codec: str | None = None
    muted: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class PersonSeen:
    """One participant; LiveKit lists the hidden ones too, to us alone."""

    identity: str
    kind: str
    """LiveKit's, in small letters: `agent`, `connector`, `standard`, ..."""
    state: str
    """LiveKit's: `joining`, `joined`, `active`, `disconnected`."""
    tracks: tuple[TrackSeen, ...] = ()
    attributes: Mapping[str, str] = field(default_factory=dict, repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class RoomSeen:
    """One room and who is in it; `None`: LiveKit was not asked, or did not answer in time."""

    name: str
    began_at: datetime | None
    people: tuple[PersonSeen, ...] | None = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class LinkSeen:
    """What a bridge has counted of what one participant's leg brings in."""

    lost: int
    jitter_ms: float


class LegLooks(Protocol):
    """Whoever counts what the legs of calls bring in."""

    async def links(self) -> Mapping[tuple[CallId, str], LinkSeen]:
        """Look at all legs, by call and identity; those that nobody tells of are missing."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LiveRoom:
    """A call's row and its room; either may be missing."""

    name: str
    call_id: CallId | None
    call: Call | None
    seen: RoomSeen | None
    age_s: float | None
    links: Mapping[str, LinkSeen] = field(default_factory=dict)
    """By identity."""

    @property
    def people(self) -> tuple[PersonSeen, ...] | None:
        """Who is in it; `None`: nobody knows."""
        return () if self.seen is None else self.seen.people

    @property
    def agent_state(self) -> str | None:
        """What the agent shows that it does."""
        return next(
            (
                one.attributes.get(STATE_ATTRIBUTE)
                for one in self.people or ()
                if one.identity == AGENT_IDENTITY or one.kind == "agent"
            ),
            None,
        )

    @property
    def is_taken_over(self) -> bool:
        """Whether an operator speaks in the agent's place."""
        return any(one.identity.startswith(OPERATOR_PREFIX) for one in self.people or ())

    @property
    def trouble(self) -> str | None:
        """What does not fit, in a sentence; `None`: nothing."""
        if self.seen is None:
            return "The call has a row and no room: it is being set up, or is about to be ended."
        if self.call is None:
            return "The room has no live call's row: it is about to be deleted."
        return None


def live_rooms(
    rooms: Iterable[RoomSeen],
    calls: Iterable[Call],
    links: Mapping[tuple[CallId, str], LinkSeen],
    now: datetime,
) -> list[LiveRoom]:
    """Join rooms and rows, the oldest first; rooms that are not of calls are left out."""
    seen = {room.name: room for room in rooms if call_id_of_room(room.name) is not None}
    rows = {call.room: call for call in calls}
    found = [_joined(name, seen.get(name), rows.get(name), links, now) for name in {*seen, *rows}]
    return sorted(found, key=lambda room: (-(room.age_s or 0.0), room.name))


def _joined(
    name: str,
    seen: RoomSeen | None,
    call: Call | None,
    links: Mapping[tuple[CallId, str], LinkSeen],
    now: datetime,
) -> LiveRoom:
    call_id = call_id_of_room(name)
    began = call.created_at if call is not None else seen.began_at if seen is not None else None
    return LiveRoom(
        name=name,
        call_id=call_id,
        call=call,
        seen=seen,
        age_s=max(0.0, (now - began).total_seconds()) if began is not None else None,
        links={
            identity: link
            for (of, identity), link in links.items()
            if of == call_id and identity in (CALLER_IDENTITY, AGENT_IDENTITY)
        },
    )
