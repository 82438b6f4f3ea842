"""What Meta's `terminate` says of a call: why and when it ended, when it was picked up. Pure."""

from datetime import datetime, timedelta
from typing import Any

from controlplane.meta.code_table import UNLISTED, known_as
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


# Without media from the start the client disconnects after 20 s (Meta, troubleshooting): whose call
# lasted longer than that, and Meta's whole seconds, has been heard.
_HEARD_FROM_S = 25.0


def hangup_reason(
    event: PeerHungUp, direction: Direction, *, answered: bool, talked_s: float = 0.0
) -> EndReason:
    """Say why Meta ended the call: by its error codes first, its status word last.

    A code on a call that was talked on, or that Meta itself calls completed, does not make the
    call a failed one: something broke it off (`media-lost`), and the code is noted.

    `talked_s` is how long the call has been answered by our own times; Meta's count as well.
    """
    if event.errors:
        heard = max(talked_s, _talk_s(event)) > _HEARD_FROM_S
        if answered and (heard or event.status is HangupStatus.COMPLETED):
            return EndReason.MEDIA_LOST
        return _PEER_FAULTS.get(event.errors[0].code, EndReason.PEER_FAILED)
    if event.status is HangupStatus.FAILED and not answered:
        return EndReason.PEER_FAILED
    if direction is Direction.OUTBOUND and not answered:
        return EndReason.NOT_ANSWERED
    return EndReason.CALLER_HANGUP


def _talk_s(event: PeerHungUp) -> float:
    if event.duration_s is not None:
        return float(event.duration_s)
    if event.started_at is None or event.ended_at is None:
        return 0.0
    return (event.ended_at - event.started_at).total_seconds()


def hangup_note(event: PeerHungUp) -> dict[str, Any] | None:
    """Return what the timeline keeps of Meta's first error, as of our own ones; `None` without.

    `meta_detail` is Meta's text and may be personal.
    """
    if not event.errors:
        return None
    error = event.errors[0]
    entry = known_as(error.code) or UNLISTED
    return {
        "code": entry.slug,
        "message": f"Meta ended the call with code {error.code}. {entry.advice}",
        "meta_code": error.code,
        "meta_detail": error.message,
    }


def hangup_time(event: PeerHungUp, now: datetime, *, answered_at: datetime | None) -> datetime:
    """Say when the call ended: never in the future, and never before it was answered."""
    theirs = event.ended_at or event.timestamp or now
    if abs(now - theirs) < _CLOCK_GRAIN or theirs > now:
        return now
    return max(theirs, answered_at) if answered_at is not None else theirs


def precedes(event: PeerHungUp, guessed_at: datetime) -> bool:
    """Whether Meta's end is truly earlier than one that we had guessed.

    If it is not, it may be the echo of the `terminate` by which we told Meta of ours.
    """
    theirs = event.ended_at or event.timestamp
    return theirs is not None and guessed_at - theirs > _CLOCK_GRAIN


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
