"""Dead and mute phones, told from what their hop has counted."""

from datetime import UTC, datetime, timedelta

from controlplane.core.liveness import MediaHistory, MediaLimits, MediaReading, Verdict
from shared.call.call import EndReason

START = datetime(2026, 11, 23, 12, tzinfo=UTC)
LIMITS = MediaLimits(dead=timedelta(seconds=20), mute=timedelta(seconds=60))


def play(*looks: tuple[int, int], every_s: float = 5, limits: MediaLimits = LIMITS) -> Verdict:
    """Look every few seconds at (last packet, packets)."""
    readings = [MediaReading(last_packet=last, packets=packets) for last, packets in looks]
    history = MediaHistory.begin(readings[0], START)
    for number, reading in enumerate(readings[1:], start=1):
        history = history.then(reading, START + timedelta(seconds=every_s * number))
    return history.verdict(limits)


def test_flowing_audio_is_fine() -> None:
    """50 packets a second."""
    assert play(*((100 + 5 * n, 250 * n) for n in range(30))) is Verdict.FINE


def test_silence_with_dtx_is_fine() -> None:
    """2.5 packets a second are still audio."""
    assert play(*((100 + 5 * n, int(12.5 * n)) for n in range(30))) is Verdict.FINE


def test_a_dead_phone_stands_still() -> None:
    """Nothing for `dead`; not sooner."""
    assert play(*[(100, 250)] * 4) is Verdict.FINE
    assert play(*[(100, 250)] * 5) is Verdict.PHONE_DEAD


def test_a_mute_phone_sends_reports_alone() -> None:
    """Two RTCP reports in 5 s are no audio, for longer than `mute`."""
    looks = [(100 + 5 * n, 250 + 2 * n) for n in range(13)]
    assert play(*looks[:12]) is Verdict.FINE
    assert play(*looks) is Verdict.PHONE_MUTE


def test_muteness_can_be_let_be() -> None:
    """A person may mute the microphone for as long as they like."""
    looks = [(100 + 5 * n, 250 + 2 * n) for n in range(100)]
    assert play(*looks, limits=MediaLimits(mute=None)) is Verdict.FINE


def test_audio_that_comes_back_counts() -> None:
    """The time begins anew."""
    looks = [(100 + 5 * n, 250 + 2 * n) for n in range(11)]
    back = [(155, 1000), *((160 + 5 * n, 1002 + 2 * n) for n in range(10))]
    assert play(*looks, *back) is Verdict.FINE


def test_a_restarted_hop_counts_anew() -> None:
    """Fewer packets than before are no silence."""
    assert play((100, 90_000), *[(105, 10)] * 4) is Verdict.FINE


def test_every_verdict_knows_its_reason() -> None:
    """What the call ends with."""
    assert {one: one.reason for one in Verdict} == {
        Verdict.FINE: None,
        Verdict.PHONE_DEAD: EndReason.MEDIA_LOST,
        Verdict.PHONE_MUTE: EndReason.MEDIA_SILENT,
    }
