"""What a look at a call's media on its hop leads to, decided without a hop."""

import dataclasses
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from controlplane.core.liveness import MediaReading
from controlplane.use_cases.hop_watch import Phase, Watched, limits_of, phase_of
from shared.call.call import Call, CallStatus, Direction, EndReason
from shared.call.ids import CallId, PhoneNumberId
from shared.call.person import Party

START = datetime(2026, 11, 23, 12, tzinfo=UTC)
CALL = Call(
    id=CallId("0a0a0a0a-0000-4000-8000-000000000001"),
    wacid=None,
    direction=Direction.OUTBOUND,
    status=CallStatus.RINGING,
    phone_number_id=PhoneNumberId("1"),
    party=Party(),
    created_at=START,
    hop="http://127.0.0.1:1",
    linked_at=START,
)


def play(phase: Phase, *packets: int, every_s: float = 0.5) -> Watched:
    """Look every `every_s` at the phone's packets; its last one moves with them."""
    watched = Watched.begin(phase, MediaReading(last_packet=packets[0], packets=packets[0]), START)
    for number, count in enumerate(packets[1:], start=1):
        at = START + timedelta(seconds=every_s * number)
        watched = watched.then(MediaReading(last_packet=count, packets=count), at)
    return watched


@pytest.mark.parametrize(
    ("changes", "phase"),
    [
        ({}, Phase.RINGING),
        ({"status": CallStatus.DIALING}, Phase.RINGING),
        ({"linked_at": None}, None),
        ({"hop": None}, None),
        ({"status": CallStatus.COMPLETED}, None),
        ({"status": CallStatus.ACTIVE}, Phase.ANSWERED),
        ({"status": CallStatus.ACTIVE, "linked_at": None}, Phase.ANSWERED),
        ({"direction": Direction.INBOUND, "status": CallStatus.CONNECTING}, None),
        ({"direction": Direction.INBOUND, "status": CallStatus.ACTIVE}, Phase.ANSWERED),
    ],
)
def test_what_a_call_is_watched_for(changes: dict[str, Any], phase: Phase | None) -> None:
    """Linked and unanswered for the pick-up, answered for its life, the others not at all."""
    assert phase_of(dataclasses.replace(CALL, **changes)) is phase


def test_flowing_audio_is_a_pick_up_at_the_second_look() -> None:
    """25 packets in half a second, twice."""
    assert not play(Phase.RINGING, 0, 25).has_picked_up
    assert play(Phase.RINGING, 0, 25, 50).has_picked_up


@pytest.mark.parametrize(
    "packets", [(0, 0, 0, 0), (0, 1, 1, 2, 3), (0, 5, 5, 10, 10)], ids=["none", "rtcp", "bursts"]
)
def test_reports_are_no_pick_up(packets: tuple[int, ...]) -> None:
    """Nothing, a report a second, a burst now and then: it still rings."""
    assert not play(Phase.RINGING, *packets).has_picked_up


def test_an_answered_call_is_not_picked_up_again() -> None:
    """Its audio flows all the time."""
    assert not play(Phase.ANSWERED, 0, 25, 50, 75).has_picked_up


def test_a_ringing_phone_may_be_silent_for_ever() -> None:
    """The ring timeout ends it, not the media watch."""
    limits = limits_of(dead_s=1, mute_s=1)
    assert play(Phase.RINGING, *[3] * 20).end_reason(limits) is None
    assert play(Phase.ANSWERED, *[3] * 20).end_reason(limits) is EndReason.MEDIA_LOST


def test_a_mute_phone_ends_the_call_unless_that_is_switched_off() -> None:
    """MEDIA_MUTE_S=0: never."""
    reports = play(Phase.ANSWERED, *range(20))
    assert reports.end_reason(limits_of(dead_s=20, mute_s=5)) is EndReason.MEDIA_SILENT
    assert reports.end_reason(limits_of(dead_s=20, mute_s=0)) is None


def test_when_the_next_look_is_due() -> None:
    """A ringing phone at every turn, an answered call when its interval is over."""
    soon, later = START + timedelta(seconds=0.5), START + timedelta(seconds=5)
    assert play(Phase.RINGING, 0).is_due(soon, 5)
    assert not play(Phase.ANSWERED, 0).is_due(soon, 5)
    assert play(Phase.ANSWERED, 0).is_due(later, 5)
