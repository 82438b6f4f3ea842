"""The life of a call as a table: status x event -> status. Nothing else.

    outbound           inbound
       |                  |
    dialing --RINGS--> ringing --ANSWERING--> connecting
       |                  |                       |
       |               ACCEPTED                ACCEPTED
       |                  v                       |
       +--ACCEPTED---> active <-------------------+
                          |
    every live status --ENDED--> completed | no_answer | rejected | failed | canceled

Two kinds of blame: what arrives from outside (Meta, LiveKit, timers) may be late, repeated or out
of order, so a pair that is not in the table is ignored. Our own code takes a `step` for the
compare-and-set on the call's row, and learns from the database whether it was still right.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from shared.call.call import FINAL_STATUSES, CallStatus


class CallEvent(StrEnum):
    """What can happen to a call."""

    RINGS = "rings"
    """Outbound: the callee's phone rings."""
    ANSWERING = "answering"
    """Inbound: the media path stands, we are about to tell Meta."""
    ACCEPTED = "accepted"
    """Inbound: Graph took our `accept`. Outbound: the person picked up."""


TRANSITIONS: Mapping[CallStatus, Mapping[CallEvent, CallStatus]] = {
    CallStatus.DIALING: {
        CallEvent.RINGS: CallStatus.RINGING,
        CallEvent.ACCEPTED: CallStatus.ACTIVE,
    },
    CallStatus.RINGING: {
        CallEvent.ANSWERING: CallStatus.CONNECTING,
        CallEvent.ACCEPTED: CallStatus.ACTIVE,
    },
    CallStatus.CONNECTING: {CallEvent.ACCEPTED: CallStatus.ACTIVE},
    CallStatus.ACTIVE: {},
    **{final: {} for final in FINAL_STATUSES},
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """An event as a compare-and-set."""

    expect: frozenset[CallStatus]
    """The statuses in which the event is legal."""
    status: CallStatus
    """Where it leads, from each of them."""


def _step(event: CallEvent) -> Step:
    moves = {status: moves[event] for status, moves in TRANSITIONS.items() if event in moves}
    # raises on import if the table let an event lead to two places
    (status,) = set(moves.values())
    return Step(expect=frozenset(moves), status=status)


_STEPS = {event: _step(event) for event in CallEvent}


def step(event: CallEvent) -> Step:
    """Return what `event` expects of a call, and what becomes of it."""
    return _STEPS[event]
