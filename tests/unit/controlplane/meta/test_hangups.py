"""What Meta's `terminate` means for the call's row."""

from datetime import UTC, datetime, timedelta

import pytest

from controlplane.meta.events import PeerHungUp, ReportedError
from controlplane.meta.hangups import hangup_reason, hangup_time, pick_up_time
from controlplane.meta.words import HangupStatus
from shared.call.call import Direction, EndReason
from shared.call.ids import WhatsAppCallId
from shared.call.person import Party, Person

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)


def ago(seconds: float) -> datetime:
    """So many seconds before the webhook is worked on."""
    return NOW - timedelta(seconds=seconds)


def hung_up(
    *,
    status: HangupStatus = HangupStatus.COMPLETED,
    code: int | None = None,
    started_at: datetime | None = None,
    ended_at: datetime | None = None,
    duration_s: int | None = None,
    timestamp: datetime | None = None,
) -> PeerHungUp:
    """A `terminate` that tells so much."""
    return PeerHungUp(
        phone_number_id=None,
        wacid=WhatsAppCallId("wacid.TEST"),
        timestamp=timestamp,
        party=Party(person=Person(phone="15551234567")),
        raw={},
        status=status,
        direction=None,
        started_at=started_at,
        ended_at=ended_at,
        duration_s=duration_s,
        errors=() if code is None else (ReportedError(code=code),),
    )


@pytest.mark.parametrize(
    ("direction", "answered", "status", "code", "reason"),
    [
        (Direction.INBOUND, True, HangupStatus.COMPLETED, None, EndReason.CALLER_HANGUP),
        # Meta calls it COMPLETED as well when nobody had answered yet
        (Direction.INBOUND, False, HangupStatus.COMPLETED, None, EndReason.CALLER_HANGUP),
        (Direction.INBOUND, False, HangupStatus.FAILED, None, EndReason.PEER_FAILED),
        # two people talked: that it was cut off is no failure of the call
        (Direction.INBOUND, True, HangupStatus.FAILED, None, EndReason.CALLER_HANGUP),
        (Direction.INBOUND, False, HangupStatus.UNKNOWN, None, EndReason.CALLER_HANGUP),
        (Direction.OUTBOUND, True, HangupStatus.COMPLETED, None, EndReason.CALLER_HANGUP),
        (Direction.OUTBOUND, False, HangupStatus.COMPLETED, None, EndReason.NOT_ANSWERED),
        (Direction.OUTBOUND, False, HangupStatus.FAILED, None, EndReason.PEER_FAILED),
        (Direction.OUTBOUND, False, HangupStatus.UNKNOWN, None, EndReason.NOT_ANSWERED),
        # a code outweighs the status word, answered or not
        (Direction.INBOUND, False, HangupStatus.COMPLETED, 138020, EndReason.MEDIA_TIMEOUT),
        (Direction.INBOUND, True, HangupStatus.COMPLETED, 138021, EndReason.MEDIA_TIMEOUT),
        (Direction.INBOUND, True, HangupStatus.FAILED, 138022, EndReason.MEDIA_TIMEOUT),
        (Direction.OUTBOUND, False, HangupStatus.FAILED, 138023, EndReason.MEDIA_TIMEOUT),
        (Direction.OUTBOUND, False, HangupStatus.COMPLETED, 138000, EndReason.PEER_FAILED),
    ],
)
def test_why_a_call_ended(
    direction: Direction,
    answered: bool,
    status: HangupStatus,
    code: int | None,
    reason: EndReason,
) -> None:
    """Error codes first, the status word last."""
    event = hung_up(status=status, code=code)
    assert hangup_reason(event, direction, answered=answered) is reason


@pytest.mark.parametrize(
    ("event", "answered_at", "expected"),
    [
        (hung_up(), None, NOW),
        (hung_up(ended_at=ago(60)), None, ago(60)),
        (hung_up(timestamp=ago(60)), None, ago(60)),
        # what says "ended" is better than when the webhook was written
        (hung_up(ended_at=ago(60), timestamp=ago(50)), None, ago(60)),
        # Meta's whole seconds are worse than our own clock
        (hung_up(ended_at=ago(4.9)), None, NOW),
        (hung_up(ended_at=ago(5)), None, ago(5)),
        (hung_up(ended_at=ago(-60)), None, NOW),
        (hung_up(ended_at=ago(60)), ago(30), ago(30)),
        (hung_up(ended_at=ago(60)), ago(90), ago(60)),
    ],
    ids=[
        "says-nothing", "its-end", "the-webhook's-time", "its-end-first", "just-now",
        "a-while-ago", "in-the-future", "before-the-answer", "after-the-answer",
    ],
)  # fmt: skip
def test_when_a_call_ended(
    event: PeerHungUp, answered_at: datetime | None, expected: datetime
) -> None:
    """Meta's word, unless our clock is the finer one or the row's times would be out of order."""
    assert hangup_time(event, NOW, answered_at=answered_at) == expected


@pytest.mark.parametrize(
    ("event", "expected"),
    [
        (hung_up(ended_at=ago(60)), None),
        (hung_up(ended_at=ago(60), duration_s=0), None),
        (hung_up(started_at=ago(100), ended_at=ago(60)), ago(100)),
        (hung_up(ended_at=ago(60), duration_s=25), ago(85)),
        (hung_up(duration_s=25), ago(25)),
        (hung_up(started_at=ago(50), ended_at=ago(60)), ago(60)),
        (hung_up(started_at=ago(-3), ended_at=ago(-5)), NOW),
    ],
    ids=[
        "never", "lasted-no-second", "its-start", "end-less-duration", "now-less-duration",
        "not-after-its-end", "not-in-the-future",
    ],
)  # fmt: skip
def test_when_a_call_was_picked_up(event: PeerHungUp, expected: datetime | None) -> None:
    """By its start, or by how long it lasted; never after its end."""
    assert pick_up_time(event, NOW) == expected


@pytest.mark.parametrize("duration_s", [31 * 86_400, 10**11, 999_999_999_999])
def test_a_duration_of_centuries_is_none(duration_s: int) -> None:
    """Subtracted from the end it would leave the calendar, and the hang-up would be lost."""
    assert pick_up_time(hung_up(ended_at=ago(60), duration_s=duration_s), NOW) == ago(60)
