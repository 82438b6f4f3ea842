"""Whether a call is answered whose row does not say so yet: pure rules over row and room.

Meta has it answered once our `accept` was carried out. The row hears of it a moment later, and
may not hear of it at all: the database was away, or the process died in between.
"""

from datetime import datetime

from controlplane.core.lease import is_held
from shared.call.call import Call, CallStatus, Direction, EndReason

MEDIA_DECIDES = frozenset({EndReason.SETUP_TIMEOUT, EndReason.MEDIA_TIMEOUT})
"""Ends that say "no media came in time": whether it flows has to be looked at before."""


def is_answered(call: Call, *, media_flows: bool) -> bool:
    """Whether a call stands: `accept` left for Meta, and the phone's media reaches the room.

    Of a placed call the media path stands while its phone still rings: there this says nothing.
    """
    return (
        not call.status.is_final
        and call.direction is Direction.INBOUND
        and call.accept_sent_at is not None
        and media_flows
    )


def is_forgotten(call: Call, now: datetime) -> bool:
    """Whether `accept` has left for Meta, the row does not say what came of it, and nobody works
    on that any more.

    Before that `accept` is answered, media alone means nothing: with `pre_accept` its path stands
    first, and an agent that speaks too early answers the call.
    """
    return (
        call.status is CallStatus.CONNECTING
        and call.accept_sent_at is not None
        and not is_held(call, now)
    )
