"""What a live call's deadline means: pure rules over the row, the clock and the settings."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from shared.call.call import Call, CallStatus, Direction, EndReason


@dataclass(frozen=True, slots=True, kw_only=True)
class Bounds:
    """How long each phase of a call may last, in seconds."""

    setup_s: float
    media_s: float
    duration_s: float
    ring_s: float = 45
    """Outbound: from `connect` to the person's picking up."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Postponed:
    """The call is fine; look again at `until`."""

    until: datetime


def deadline_of(call: Call, bounds: Bounds) -> datetime:
    """Return when this call, as it is now, has lasted too long in its phase."""
    if call.answered_at is None and _rings(call):
        return (call.accept_sent_at or call.created_at) + timedelta(seconds=bounds.ring_s)
    if call.answered_at is None:
        return call.created_at + timedelta(seconds=bounds.setup_s)
    if call.media_at is None:
        return call.answered_at + timedelta(seconds=bounds.media_s)
    # the profile's wish bounds its calls, ours bounds all
    lasts_s = min(bounds.duration_s, call.max_duration_s or bounds.duration_s)
    return call.answered_at + timedelta(seconds=lasts_s)


def judge(call: Call, now: datetime, bounds: Bounds) -> EndReason | Postponed:
    """Decide about a call whose deadline in the row has passed or whose end was requested."""
    if call.end_requested is not None:
        return call.end_requested
    until = deadline_of(call, bounds)
    if now < until:
        # the media came up after the deadline had been written
        return Postponed(until=until)
    if call.status is not CallStatus.ACTIVE:
        return EndReason.NOT_ANSWERED if _rings(call) else EndReason.SETUP_TIMEOUT
    return EndReason.MEDIA_TIMEOUT if call.media_at is None else EndReason.MAX_DURATION


def _rings(call: Call) -> bool:
    """Whether it is the person whom we wait for, and not our own set-up."""
    return call.direction is Direction.OUTBOUND and call.accept_sent_at is not None
