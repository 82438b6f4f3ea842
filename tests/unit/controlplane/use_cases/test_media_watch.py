"""What a look at a call's media leads to, decided without a bridge."""

import dataclasses
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from controlplane.core.liveness import MediaReading
from controlplane.use_cases.media_watch import Phase, Watched, mute_limit, owes_its_leg, phase_of
from shared.call.call import Call, CallStatus, Direction, EndReason
from shared.call.ids import CallId, PhoneNumberId
from shared.call.person import Party

START = datetime(2026, 11, 23, 12, tzinfo=UTC)
LONG_AGO = START - timedelta(minutes=1)
RINGING = Call(
    id=CallId("0a0a0a0a-0000-4000-8000-000000000001"),
    wacid=None,
    direction=Direction.OUTBOUND,
    status=CallStatus.RINGING,
    phone_number_id=PhoneNumberId("1"),
    party=Party(),
    created_at=START,
    accept_sent_at=START,
    bridge="http://127.0.0.1:1",
    linked_at=START,
    caller_sid="PA_1",
)


def play(phase: Phase, *packets: int, every_s: float = 0.5, lost: bool = False) -> Watched:
    """Look every `every_s` at the phone's packets."""
    watched = Watched.begin(phase, MediaReading(packets=packets[0], is_lost=lost), START)
    for number, count in enumerate(packets[1:], start=1):
        at = START + timedelta(seconds=every_s * number)
        watched = watched.then(MediaReading(packets=count, is_lost=lost), at)
    return watched


@pytest.mark.parametrize(
    ("changes", "phase"),
    [
        ({}, Phase.RINGING),
        ({"status": CallStatus.DIALING}, Phase.RINGING),
        ({"linked_at": None}, None),
        ({"bridge": None}, None),
        ({"status": CallStatus.COMPLETED}, None),
        ({"status": CallStatus.ACTIVE}, Phase.ANSWERED),
        ({"status": CallStatus.ACTIVE, "linked_at": None}, Phase.ANSWERED),
        ({"direction": Direction.INBOUND, "status": CallStatus.CONNECTING}, None),
        ({"direction": Direction.INBOUND, "status": CallStatus.ACTIVE}, Phase.ANSWERED),
    ],
)
def test_what_a_call_is_watched_for(changes: dict[str, Any], phase: Phase | None) -> None:
    """Linked and unanswered for the pick-up, answered for its life, the others not at all."""
    assert phase_of(dataclasses.replace(RINGING, **changes)) is phase


INBOUND = {"direction": Direction.INBOUND, "linked_at": None}


@pytest.mark.parametrize(
    ("changes", "owes"),
    [
        ({}, True),
        ({"status": CallStatus.ACTIVE}, True),
        ({"status": CallStatus.COMPLETED}, False),
        ({"bridge": None}, False),
        # Meta's answer is being taken: whoever does that learns of it
        ({"caller_sid": None}, False),
        # `connect` has left, with the leg's offer
        ({"caller_sid": None, "linked_at": None}, True),
        # not yet: the leg may be on its way
        ({"caller_sid": None, "linked_at": None, "accept_sent_at": None}, False),
        ({**INBOUND, "status": CallStatus.CONNECTING, "caller_sid": None}, False),
        ({**INBOUND, "status": CallStatus.CONNECTING}, True),
    ],
)
def test_which_calls_end_without_their_leg(changes: dict[str, Any], owes: bool) -> None:
    """Whose leg must be there; while it is set up it comes and goes."""
    assert owes_its_leg(dataclasses.replace(RINGING, **changes)) is owes


def test_flowing_audio_is_a_pick_up_at_the_second_look() -> None:
    """25 packets in half a second, twice."""
    assert not play(Phase.RINGING, 0, 25).has_picked_up
    assert play(Phase.RINGING, 0, 25, 50).has_picked_up


@pytest.mark.parametrize("packets", [(0, 0, 0, 0), (0, 1, 1, 1), (0, 5, 5, 10, 10)])
def test_stray_packets_are_no_pick_up(packets: tuple[int, ...]) -> None:
    """Nothing, one packet, a burst now and then: it still rings."""
    assert not play(Phase.RINGING, *packets).has_picked_up


def test_an_answered_call_is_not_picked_up_again() -> None:
    """Its audio flows all the time."""
    assert not play(Phase.ANSWERED, 0, 25, 50, 75).has_picked_up


def test_a_ringing_phone_may_be_silent_and_deaf() -> None:
    """The ring timeout ends it, not the media watch."""
    mute = mute_limit(1)
    assert play(Phase.RINGING, *[3] * 20, lost=True).end_reason(mute, None) is None
    assert play(Phase.ANSWERED, *[3] * 20).end_reason(mute, LONG_AGO) is EndReason.MEDIA_SILENT


def test_a_lost_phone_ends_an_answered_call() -> None:
    """Not one that was picked up a moment ago: it may not have heard us before."""
    lost = play(Phase.ANSWERED, 5, lost=True)
    assert lost.end_reason(None, LONG_AGO) is EndReason.MEDIA_LOST
    assert lost.end_reason(None, START - timedelta(seconds=1)) is None
    assert lost.end_reason(None, None) is None


def test_a_mute_phone_ends_the_call_unless_that_is_switched_off() -> None:
    """MEDIA_MUTE_S=0: never."""
    mute = play(Phase.ANSWERED, *[7] * 20)
    assert mute.end_reason(mute_limit(5), LONG_AGO) is EndReason.MEDIA_SILENT
    assert mute.end_reason(mute_limit(0), LONG_AGO) is None


def test_when_the_next_look_is_due() -> None:
    """A ringing phone at every turn, an answered call when its interval is over."""
    soon, later = START + timedelta(seconds=0.5), START + timedelta(seconds=5)
    assert play(Phase.RINGING, 0).is_due(soon, 5)
    assert not play(Phase.ANSWERED, 0).is_due(soon, 5)
    assert play(Phase.ANSWERED, 0).is_due(later, 5)
