"""How well a call's sound came in, as a series of few points. Pure.

A point is an event of the call's, whose id follows from its place in the series: all replicas look,
and the first one that does writes it.
"""

import uuid
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from controlplane.core.live_rooms import LinkSeen
from shared.call.call import Call
from shared.call.records import EventOutcome, EventRecord, EventSource
from shared.call.room import AGENT_IDENTITY, CALLER_IDENTITY

QUALITY = "quality"
"""The kind of these events."""
LOOK_S = 10.0
"""How often it is looked."""

_NAMESPACE = uuid.UUID("5a1d7f0e-9c43-5b0e-8a57-2f6f4c1c9d10")
# ten minutes of points each look; of what is longer one a minute: half an hour has 80
_DENSE_S = 600.0
_SPARSE_S = 60.0
_SIDES = (CALLER_IDENTITY, AGENT_IDENTITY)


@dataclass(frozen=True, slots=True, kw_only=True)
class QualityPoint:
    """What had come in by then of one side's sound; null: nobody told."""

    at_ms: int
    """From the beginning of the call."""
    caller_lost: int | None
    """Packets of the phone's that had not come, since the beginning."""
    caller_jitter_ms: float | None
    agent_lost: int | None
    """The same of the model's."""
    agent_jitter_ms: float | None


def point_of(call: Call, seen: Mapping[str, LinkSeen], now: datetime) -> EventRecord | None:
    """Return the event of a look at a call; `None`: of nobody anything is known.

    `seen`: what was counted, by identity.
    """
    sides = {
        side: {"lost": seen[side].lost, "jitter_ms": round(seen[side].jitter_ms, 1)}
        for side in _SIDES
        if side in seen
    }
    if not sides:
        return None
    return EventRecord(
        id=str(uuid.uuid5(_NAMESPACE, f"{call.id}|{_place(call, now)}")),
        source=EventSource.CONTROLPLANE,
        kind=QUALITY,
        received_at=now,
        call_id=call.id,
        payload=sides,
        outcome=EventOutcome.RECORDED,
    )


def series_of(call: Call, events: Iterable[EventRecord]) -> list[QualityPoint]:
    """Return the points among a call's events, in their order."""
    points = [_point(call, event) for event in events if event.kind == QUALITY]
    return sorted(points, key=lambda point: point.at_ms)


def without_points(events: Sequence[EventRecord]) -> list[EventRecord]:
    """Return the events that say what happened."""
    return [event for event in events if event.kind != QUALITY]


def _place(call: Call, now: datetime) -> int:
    age_s = max((now - call.created_at).total_seconds(), 0.0)
    if age_s < _DENSE_S:
        return int(age_s // LOOK_S)
    return int(_DENSE_S // LOOK_S) + int((age_s - _DENSE_S) // _SPARSE_S)


def _point(call: Call, event: EventRecord) -> QualityPoint:
    caller, agent = (_side(event.payload.get(side)) for side in _SIDES)
    return QualityPoint(
        at_ms=max(round((event.received_at - call.created_at).total_seconds() * 1000), 0),
        caller_lost=caller[0],
        caller_jitter_ms=caller[1],
        agent_lost=agent[0],
        agent_jitter_ms=agent[1],
    )


def _side(told: object) -> tuple[int | None, float | None]:
    if not isinstance(told, Mapping):
        return None, None
    lost, jitter_ms = told.get("lost"), told.get("jitter_ms")
    return (
        lost if isinstance(lost, int) else None,
        float(jitter_ms) if isinstance(jitter_ms, int | float) else None,
    )
