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
of order, so a pair that is not in the table is ignored. Our own code asks `expected_before` for
the statuses that it puts into the compare-and-set on the call's row, and learns from the database
whether it was still right.
"""

from collections.abc import Mapping
from enum import StrEnum

from shared.call.call import FINAL_STATUSES, LIVE_STATUSES, CallStatus


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


def after(status: CallStatus, event: CallEvent) -> CallStatus | None:
    """Return the status after `event`, or `None` when the event means nothing here."""
    return TRANSITIONS[status].get(event)


def expected_before(event: CallEvent) -> frozenset[CallStatus]:
    """Return the statuses in which `event` is legal: the compare half of the compare-and-set."""
    return frozenset(status for status, moves in TRANSITIONS.items() if event in moves)


def may_end(status: CallStatus) -> bool:
    """Whether a call in this status can still end: every live one, once."""
    return status in LIVE_STATUSES
