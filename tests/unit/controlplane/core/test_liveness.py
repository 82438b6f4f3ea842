"""Dead and mute phones, told from what their leg has counted."""

from datetime import UTC, datetime, timedelta

from controlplane.core.liveness import SETTLES, MediaHistory, MediaReading, Verdict
from shared.call.call import EndReason

START = datetime(2026, 11, 23, 12, tzinfo=UTC)
MUTE = timedelta(seconds=60)


def play(*packets: int, mute: timedelta | None = MUTE, lost: bool = False) -> Verdict:
    """Look every five seconds, from the answer on; `lost`: at the last look."""
    history = MediaHistory.begin(MediaReading(packets=packets[0]), START)
    for number, count in enumerate(packets[1:], start=1):
        is_last = number == len(packets) - 1
        reading = MediaReading(packets=count, is_lost=lost and is_last)
        history = history.then(reading, START + timedelta(seconds=5 * number))
    return history.verdict(mute, answered_at=START)


def test_flowing_audio_is_fine() -> None:
    """50 packets a second, and 2.5 of them in silence with DTX (RFC 7587 section 3.1.3)."""
    assert play(*(250 * n for n in range(30))) is Verdict.FINE
    assert play(*(int(12.5 * n) for n in range(30))) is Verdict.FINE


def test_a_dead_phone_is_one_that_its_leg_has_lost() -> None:
    """At once, whatever had come of it."""
    assert play(0, 250, 500, lost=True) is Verdict.PHONE_DEAD


def test_a_phone_that_was_picked_up_gets_its_time() -> None:
    """Deaf until then, it counts as lost until it is back."""
    history = MediaHistory.begin(MediaReading(packets=0, is_lost=True), START)
    assert history.verdict(MUTE, answered_at=START) is Verdict.FINE
    assert history.verdict(MUTE, answered_at=START - SETTLES) is Verdict.PHONE_DEAD


def test_a_mute_phone_sends_nothing_for_long() -> None:
    """For `mute`; not sooner."""
    assert play(*[250] * 12) is Verdict.FINE
    assert play(*[250] * 13) is Verdict.PHONE_MUTE


def test_muteness_can_be_let_be() -> None:
    """A person may mute the microphone for as long as they like."""
    assert play(*[250] * 100, mute=None) is Verdict.FINE


def test_audio_that_comes_back_counts() -> None:
    """The time begins anew."""
    assert play(*[250] * 11, 1000, *[1000] * 10) is Verdict.FINE


def test_every_verdict_knows_its_reason() -> None:
    """What the call ends with."""
    assert {one: one.reason for one in Verdict} == {
        Verdict.FINE: None,
        Verdict.PHONE_DEAD: EndReason.MEDIA_LOST,
        Verdict.PHONE_MUTE: EndReason.MEDIA_SILENT,
    }
