"""What time it is at Meta, from what Meta sends."""

import pytest

from controlplane.core.meta_time import MetaTime, Skew

UTC_NOON = 1_795_694_400.0
"""What Meta's clock shows while the monotonic one shows 0."""


def meta(at: float) -> float:
    """Meta's clock at this monotonic time."""
    return UTC_NOON + at


def answered(
    known: MetaTime, sent: float, *, there_s: float = 0.05, back_s: float = 0.05, off_s: float = 0
) -> MetaTime:
    """Let Graph answer: its `Date` is the whole second in which it does."""
    date = float(int(meta(sent + there_s) + off_s))
    return known.answered(date, sent, sent + there_s + back_s)


@pytest.mark.parametrize("off_s", [-86_400.0, -25.0, -3.0, -0.4, 0.0, 0.4, 3.0, 25.0, 86_400.0])
@pytest.mark.parametrize("at", [0.0, 0.3, 0.7, 0.99])
@pytest.mark.parametrize("slow_s", [0.0, 0.2, 4.0])
def test_one_answer_bounds_the_clock_both_ways(off_s: float, at: float, slow_s: float) -> None:
    """As narrowly as the round trip and the second that `Date` is whole to."""
    known = answered(MetaTime(), at, back_s=slow_s)
    skew = known.skew(meta(10) + off_s, 10)
    assert skew.is_known
    assert skew.within_s is not None
    assert abs(skew.seconds - off_s) <= skew.within_s + 1e-6
    assert skew.within_s <= (1 + 0.05 + slow_s) / 2 + 1e-6


def test_many_answers_narrow_it_down() -> None:
    """At different moments of the second, some of them fast."""
    known = MetaTime()
    for at, back_s in ((1.05, 3.0), (20.2, 0.05), (90.5, 0.05), (150.9, 0.05)):
        known = answered(known, at, back_s=back_s)
    skew = known.skew(meta(200) + 25, 200)
    assert skew.within_s is not None
    assert skew.within_s < 0.3
    assert abs(skew.seconds - 25) <= skew.within_s


@pytest.mark.parametrize(("off_s", "guess"), [(-25, -24.5), (-3, -2.5), (0, 0), (25, 0)])
def test_webhooks_alone_show_a_clock_that_is_behind(off_s: float, guess: float) -> None:
    """None is from the future; one that was half a second under way leaves that open.

    That a clock is ahead they cannot show: they may just as well have been late.
    """
    known = MetaTime()
    for at, late_s in ((5.0, 40.0), (30.0, 0.5), (70.0, 2.0)):
        known = known.told(meta(at - late_s), at)
    skew = known.skew(meta(80) + off_s, 80)
    assert skew.seconds == pytest.approx(guess, abs=1e-3)
    assert (skew.is_known, skew.within_s) == (False, None)


def test_a_webhook_from_another_age_moves_no_clock() -> None:
    """Its timestamp is wrong rather than the clock, as long as nothing else says so."""
    known = MetaTime().told(meta(10) + 10 * 3600, 10)
    assert known.skew(meta(10), 10) == Skew()
    assert known.skew(meta(10) - 1800, 10) == Skew()


def test_an_answer_is_the_stronger_word() -> None:
    """What a webhook says against it does not count, what agrees makes it sharper."""
    known = answered(MetaTime(), 1.0, back_s=4.0)
    wide = known.skew(meta(10), 10)
    assert known.told(meta(100), 9).skew(meta(10), 10) == wide
    sharper = known.told(meta(8.9), 9).skew(meta(10), 10)
    assert wide.within_s is not None
    assert sharper.within_s is not None
    assert sharper.within_s < wide.within_s
    assert abs(sharper.seconds) <= sharper.within_s


def test_the_newest_word_wins_over_what_contradicts_it() -> None:
    """After a suspend the monotonic clock has lost time; within a minute, and minutes later."""
    for later in (0.5, 200.0):
        known = answered(answered(MetaTime(), 1.0), 1.0 + later, off_s=600)
        skew = known.skew(meta(2 + later) + 600, 2 + later)
        assert abs(skew.seconds) < 1


def test_a_step_of_the_wall_clock_is_seen_at_once() -> None:
    """What is known of Meta's clock does not depend on ours."""
    known = answered(MetaTime(), 1.0)
    assert not known.skew(meta(5), 5).matters
    assert known.skew(meta(5) + 25, 5).seconds == pytest.approx(25, abs=0.6)
    assert known.skew(meta(5) + 25, 5).matters


def test_what_is_old_is_forgotten() -> None:
    """A quarter of an hour later nothing is known any more, and no more is kept than that."""
    known = answered(MetaTime(), 1.0).told(meta(2), 2)
    assert known.skew(meta(800) + 25, 800).matters
    assert known.skew(meta(1000) + 25, 1000) == Skew()
    for minute in range(100):
        known = answered(known, 60.0 * minute)
        known = known.told(meta(60.0 * minute), 60.0 * minute)
    assert len(known.slices) == 15


def test_minutes_without_an_answer_do_not_stand_between() -> None:
    """Webhooks come every minute, answers seldom."""
    known = answered(MetaTime(), 1.0)
    for at in (70.0, 130.0):
        known = known.told(meta(at - 1), at)
    assert known.skew(meta(140) - 25, 140).seconds == pytest.approx(-25, abs=0.6)


@pytest.mark.parametrize(
    ("seconds", "matters"), [(0.0, False), (2.0, False), (-2.0, False), (2.1, True), (-25.0, True)]
)
def test_what_is_less_than_two_seconds_is_noise(seconds: float, matters: bool) -> None:
    """Meta's times are whole seconds."""
    assert Skew(seconds=seconds).matters is matters
