"""What Meta's `terminate` means for the call's row."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from controlplane.meta.events import PeerHungUp, ReportedError
from controlplane.meta.hangups import (
    hangup_note,
    hangup_reason,
    hangup_time,
    pick_up_time,
    precedes,
)
from controlplane.meta.webhook import parse_webhook
from controlplane.meta.words import HangupStatus
from shared.call.call import CallStatus, Direction, EndReason, Termination
from shared.call.ids import WhatsAppCallId
from shared.call.person import Party, Person
from tests.paths import DATA

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
        (Direction.INBOUND, True, HangupStatus.FAILED, 138021, EndReason.MEDIA_TIMEOUT),
        (Direction.INBOUND, True, HangupStatus.FAILED, 138022, EndReason.MEDIA_TIMEOUT),
        (Direction.OUTBOUND, False, HangupStatus.FAILED, 138023, EndReason.MEDIA_TIMEOUT),
        (Direction.OUTBOUND, False, HangupStatus.COMPLETED, 138000, EndReason.PEER_FAILED),
        (Direction.OUTBOUND, True, HangupStatus.FAILED, 138000, EndReason.PEER_FAILED),
        # but for what Meta calls completed itself
        (Direction.INBOUND, True, HangupStatus.COMPLETED, 138021, EndReason.MEDIA_LOST),
        (Direction.OUTBOUND, True, HangupStatus.COMPLETED, 138000, EndReason.MEDIA_LOST),
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


@pytest.mark.parametrize("direction", Direction)
@pytest.mark.parametrize("code", [138019, 138020, 138021, 138022, 138023, 131000, 7])
@pytest.mark.parametrize(
    ("told", "talked_s", "is_good"),
    [
        ({"duration_s": 300}, 0, True),
        ({"started_at": ago(300), "ended_at": ago(0)}, 0, True),
        ({}, 300, True),
        ({"duration_s": 26}, 0, True),
        # 20 s without media from the start: nobody was heard
        ({"duration_s": 20}, 20.4, False),
        ({"duration_s": 25}, 25, False),
        ({"started_at": ago(20), "ended_at": ago(0)}, 0, False),
        ({"started_at": ago(20)}, 0, False),
        ({}, 0, False),
    ],
)
def test_a_call_that_was_talked_on_stays_good(
    direction: Direction, code: int, told: dict[str, Any], talked_s: float, is_good: bool
) -> None:
    """Whatever broke it off after minutes, by Meta's times or by ours."""
    event = hung_up(status=HangupStatus.FAILED, code=code, **told)
    reason = hangup_reason(event, direction, answered=True, talked_s=talked_s)
    ended = Termination.of(reason, answered=True)
    expected = CallStatus.COMPLETED if is_good else CallStatus.FAILED
    assert ended.status is expected
    assert (reason is EndReason.MEDIA_LOST) is is_good


def test_a_real_end_in_mid_call_is_good() -> None:
    """As it was met: five minutes, then 138021, with FAILED."""
    webhook = json.loads((DATA / "webhooks" / "met.json").read_text())["mid_call_138021"]
    (event,) = parse_webhook(json.dumps(webhook).encode())
    assert isinstance(event, PeerHungUp)
    assert hangup_reason(event, Direction.INBOUND, answered=True) is EndReason.MEDIA_LOST


def test_metas_error_is_noted_with_what_it_means() -> None:
    """As our own errors are: a slug, a sentence, the number for Meta's support, Meta's words."""
    noted = hangup_note(hung_up(code=138021))
    assert noted is not None
    assert noted["meta_code"] == 138021
    assert noted["code"] == "graph-no-media-from-us"
    assert noted["message"].endswith(".")
    unlisted = hangup_note(hung_up(code=7))
    assert unlisted is not None
    assert unlisted["code"] == "graph-refused"
    assert hangup_note(hung_up()) is None


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


@pytest.mark.parametrize(
    ("event", "earlier"),
    [
        (hung_up(ended_at=ago(20)), True),
        (hung_up(timestamp=ago(20)), True),
        (hung_up(ended_at=ago(20), timestamp=NOW), True),
        # the echo of our own `terminate`, by clocks that differ
        (hung_up(ended_at=ago(3)), False),
        (hung_up(ended_at=ago(-3)), False),
        (hung_up(), False),
    ],
    ids=["ended", "told", "told-late", "echo", "echo-ahead", "no-time"],
)
def test_only_an_end_that_is_truly_earlier_corrects_a_guess(
    event: PeerHungUp, earlier: bool
) -> None:
    """The guess was made at NOW."""
    assert precedes(event, NOW) is earlier
