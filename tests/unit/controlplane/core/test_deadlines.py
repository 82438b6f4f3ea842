"""When a call has lasted too long in its phase, and what that means."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from controlplane.core.deadlines import Bounds, Postponed, deadline_of, judge
from shared.call.call import Call, CallStatus, Direction, EndReason
from shared.call.ids import CallId, PhoneNumberId
from shared.call.person import Party

T0 = datetime(2026, 1, 1, 12, 0, tzinfo=UTC)
BOUNDS = Bounds(setup_s=20, media_s=10, duration_s=1800)


def at(seconds: float) -> datetime:
    return T0 + timedelta(seconds=seconds)


RINGING = Call(
    id=CallId("0b0e3c1e-9a57-4f3c-9a52-0d7e4a3c2b11"),
    wacid=None,
    direction=Direction.INBOUND,
    status=CallStatus.RINGING,
    phone_number_id=PhoneNumberId("1"),
    party=Party(),
    created_at=T0,
)
CONNECTING = replace(RINGING, status=CallStatus.CONNECTING)
ANSWERED = replace(RINGING, status=CallStatus.ACTIVE, answered_at=at(1))
RUNG_OUT = replace(RINGING, direction=Direction.OUTBOUND, created_at=at(-2), accept_sent_at=T0)
TALKING = replace(ANSWERED, media_at=at(1.5))


@pytest.mark.parametrize(
    ("call", "deadline"),
    [
        (RINGING, at(20)),
        (CONNECTING, at(20)),
        (ANSWERED, at(11)),
        (TALKING, at(1801)),
        (replace(TALKING, max_duration_s=300), at(301)),
        (replace(TALKING, max_duration_s=9000), at(1801)),
        (RUNG_OUT, at(45)),
        (replace(RUNG_OUT, accept_sent_at=None), at(18)),
    ],
    ids=[
        "ringing",
        "connecting",
        "answered",
        "talking",
        "short-by-its-profile",
        "long-by-its-profile",
        "rings-there",
        "dialing",
    ],
)
def test_each_phase_has_its_bound(call: Call, deadline: datetime) -> None:
    """Set-up counts from the offer, ringing from `connect`, the rest from the answer."""
    assert deadline_of(call, BOUNDS) == deadline


@pytest.mark.parametrize(
    ("call", "now", "verdict"),
    [
        (RINGING, at(20), EndReason.SETUP_TIMEOUT),
        (CONNECTING, at(20), EndReason.SETUP_TIMEOUT),
        (RUNG_OUT, at(45), EndReason.NOT_ANSWERED),
        (ANSWERED, at(11), EndReason.MEDIA_TIMEOUT),
        (ANSWERED, at(10.9), Postponed(until=at(11))),
        (TALKING, at(11), Postponed(until=at(1801))),
        (TALKING, at(1801), EndReason.MAX_DURATION),
        (replace(TALKING, end_requested=EndReason.AGENT_HANGUP), at(3), EndReason.AGENT_HANGUP),
    ],
    ids=[
        "ringing",
        "connecting",
        "rang-out",
        "no-media",
        "early",
        "media-came",
        "too-long",
        "requested",
    ],
)
def test_an_overdue_call_is_judged_by_its_phase(
    call: Call, now: datetime, verdict: EndReason | Postponed
) -> None:
    """The reason follows from how far the call had got; an early look postpones."""
    assert judge(call, now, BOUNDS) == verdict
