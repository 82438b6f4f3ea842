"""What Meta's `terminate` says of a call: why and when it ended, when it was picked up. Pure."""

from datetime import datetime, timedelta

from controlplane.meta.events import PeerHungUp
from controlplane.meta.words import HangupStatus
from shared.call.call import Direction, EndReason

# Meta's times are whole seconds, ours are not: within this, ours is the better one.
_CLOCK_GRAIN = timedelta(seconds=5)
_LONGEST = timedelta(days=30)

# Codes of Meta's terminate webhook (troubleshooting) -> why the call ended.
_PEER_FAULTS = {
    138020: EndReason.MEDIA_TIMEOUT,
    138021: EndReason.MEDIA_TIMEOUT,
    138022: EndReason.MEDIA_TIMEOUT,
    138023: EndReason.MEDIA_TIMEOUT,
}


def hangup_reason(event: PeerHungUp, direction: Direction, *, answered: bool) -> EndReason:
    """Say why Meta ended the call: by its error codes first, its status word last."""
    if event.errors:
        return _PEER_FAULTS.get(event.errors[0].code, EndReason.PEER_FAILED)
    if event.status is HangupStatus.FAILED and not answered:
        return EndReason.PEER_FAILED
    if direction is Direction.OUTBOUND and not answered:
        return EndReason.NOT_ANSWERED
    return EndReason.CALLER_HANGUP


def hangup_time(event: PeerHungUp, now: datetime, *, answered_at: datetime | None) -> datetime:
    """Say when the call ended: never in the future, and never before it was answered."""
    theirs = event.ended_at or event.timestamp or now
    if abs(now - theirs) < _CLOCK_GRAIN or theirs > now:
        return now
    return max(theirs, answered_at) if answered_at is not None else theirs


def pick_up_time(event: PeerHungUp, now: datetime) -> datetime | None:
    """Say when the call was picked up, as Meta tells it; `None` if it never was.

    Its word counts for a call whose `accept` got lost on the way to us.
    """
    if not event.was_answered:
        return None
    ended_at = hangup_time(event, now, answered_at=None)
    if event.started_at is not None:
        return min(event.started_at, ended_at)
    # a duration of centuries is no duration: the end is what is sure
    lasted = timedelta(seconds=event.duration_s or 0)
    return ended_at - lasted if lasted < _LONGEST else ended_at
