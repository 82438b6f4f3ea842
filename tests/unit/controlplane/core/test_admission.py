"""The limit of set-ups at once: what each kind of run teaches, and what holds whatever happens."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from controlplane.core.admission import Run, SetupLimit, Vitals
from controlplane.core.breaker import Breaker

FRESH = SetupLimit(may_take_s=9, at_once=4)
WELL = Vitals()


def run(took_s: float, *, began: float = 0.0, beside: int = 4) -> Run:
    return Run(began=began, ended=began + took_s, side_by_side=beside)


@pytest.mark.parametrize(
    ("vitals", "share"),
    [
        (WELL, 1.0),
        (Vitals(loop_lag_s=0.2, database_s=0.4, cpu_pressure=0.5), 1.0),
        (Vitals(loop_lag_s=0.25), 0.5),
        (Vitals(database_s=0.5), 0.5),
        (Vitals(cpu_pressure=0.6), 0.5),
        (Vitals(cpu_pressure=1.0), 0.5),
        (Vitals(loop_lag_s=1.0), 0.0),
        (Vitals(database_s=3.0), 0.0),
        (Vitals(loop_lag_s=1.6, cpu_pressure=0.9), 0.0),
    ],
)
def test_early_signs_lower_what_is_used_of_the_limit(vitals: Vitals, share: float) -> None:
    """Some lag halves it, much lag leaves one."""
    assert vitals.share() == share


@pytest.mark.parametrize(
    ("running", "vitals", "admitted"),
    [
        (0, WELL, True),
        (3, WELL, True),
        (4, WELL, False),
        (1, Vitals(cpu_pressure=0.9), True),
        (2, Vitals(cpu_pressure=0.9), False),
        (0, Vitals(loop_lag_s=3), True),
        (1, Vitals(loop_lag_s=3), False),
    ],
)
def test_a_set_up_is_admitted_below_the_limit(running: int, vitals: Vitals, admitted: bool) -> None:
    """One is always admitted."""
    assert FRESH.admits(running, vitals, 0.0) is admitted


@pytest.mark.parametrize(
    ("limit", "waiting", "vitals", "may_wait"),
    [
        (FRESH, 0, WELL, True),
        (FRESH, 3, WELL, True),
        (FRESH, 4, WELL, False),
        (FRESH, 1, Vitals(database_s=1), True),
        (FRESH, 2, Vitals(database_s=1), False),
        (FRESH, 0, Vitals(database_s=3), False),
        (SetupLimit(may_take_s=9, breaker=Breaker(ask_at=7.0)), 0, WELL, False),
    ],
)
def test_one_round_may_wait(
    limit: SetupLimit, waiting: int, vitals: Vitals, may_wait: bool
) -> None:
    """As many as may run, while four do that will be over in time; nobody when it is hopeless."""
    assert limit.lets_wait(waiting, vitals, running_since=[0.0] * 4, until=1) is may_wait


@pytest.mark.parametrize(
    ("took_s", "waiting", "may_wait"),
    [(0.4, 0, True), (0.4, 1, True), (0.4, 2, False), (0.2, 2, True), (0.2, 3, False),
     (2.0, 0, False)],
)  # fmt: skip
def test_nobody_waits_for_a_place_that_comes_too_late(
    took_s: float, waiting: int, may_wait: bool
) -> None:
    """Three set-ups began at 0.0, 0.1 and 0.3; who comes may wait until 0.5."""
    limit = FRESH.answered(run(took_s))
    since = [0.3, 0.0, 0.1]
    assert limit.lets_wait(waiting, WELL, running_since=since, until=0.5) is may_wait


def test_the_last_answered_set_up_tells_how_long_they_take() -> None:
    """Slow ones are forgotten with the next quick one; one that failed says nothing."""
    assert not FRESH.lets_wait(0, WELL, running_since=[0.0] * 4, until=0.5)
    limit = FRESH.answered(run(5)).answered(run(0.4))
    assert limit.took_s == 0.4
    assert limit.strained(run(9, began=10)).took_s == 0.4


@pytest.mark.parametrize(
    ("limit", "over", "at_once"),
    [
        # soon, at the limit: one more; under half of it: nothing was learnt
        (FRESH, run(1), 5.0),
        (FRESH, run(3), 5.0),
        (FRESH, run(1, beside=2), 5.0),
        (FRESH, run(1, beside=1), 4.0),
        # neither soon nor late
        (FRESH, run(4), 4.0),
        (FRESH, run(6), 4.0),
        # late
        (FRESH, run(6.5), 2.0),
        # after a strain it grows by one in a round
        (SetupLimit(may_take_s=9, at_once=2, is_starting=False), run(1), 2.5),
        (SetupLimit(may_take_s=9, at_once=64), run(1, beside=64), 64.0),
    ],
)
def test_answered_calls_teach_by_how_soon_they_were(
    limit: SetupLimit, over: Run, at_once: float
) -> None:
    """Growth needs that the limit was in use."""
    assert limit.answered(over).at_once == at_once


def test_those_that_ran_side_by_side_halve_it_once() -> None:
    """Four that began together fail one after the other: 4, 2; a later one halves it again."""
    limit = FRESH
    for _ in range(2):
        limit = limit.strained(run(9))
    assert (limit.at_once, limit.is_starting) == (2.0, False)
    assert limit.answered(run(8)).at_once == 2.0
    assert limit.strained(run(9, began=10)).at_once == 1.0
    assert limit.strained(run(9, began=10)).strained(run(9, began=30)).at_once == 1.0


def test_after_failures_in_a_row_one_finds_out_after_a_pause() -> None:
    """Nobody for a pause, then one alone; whoever is answered lets the others in again."""
    limit = FRESH
    for _ in range(3):
        limit = limit.strained(run(9))
    assert not limit.admits(0, WELL, 9.0)
    assert not limit.admits(0, WELL, 13.9)
    assert limit.admits(0, WELL, 14.0)
    assert not limit.admits(1, WELL, 14.0)
    again = limit.strained(run(9, began=14))
    assert not again.admits(0, WELL, 27.9)
    assert again.admits(0, WELL, 28.0)
    healed = limit.answered(run(1, began=14, beside=1))
    assert healed.admits(1, WELL, 15.0)


runs = st.lists(
    st.tuples(
        st.booleans(),
        st.floats(0, 100),
        st.floats(0, 20),
        st.integers(1, 100),
    ),
    max_size=60,
)


@given(runs)
def test_whatever_happens_the_limit_stays_in_its_bounds(
    history: list[tuple[bool, float, float, int]],
) -> None:
    """Between one and 64; and a pause after the last run somebody is admitted."""
    limit, last = FRESH, 0.0
    for well, began, took_s, beside in history:
        over = run(took_s, began=began, beside=beside)
        limit = limit.answered(over) if well else limit.strained(over)
        last = max(last, over.ended)
        assert 1.0 <= limit.at_once <= 64.0
    assert limit.admits(0, Vitals(loop_lag_s=9), last + limit.breaker.pause_s)


@given(st.integers(1, 40), st.integers(5, 60))
def test_it_finds_a_capacity_and_stays_about_it(capacity: int, rounds: int) -> None:
    """Rounds as large as admitted, of which those over the capacity come late: never far above."""
    limit, now, at_once = FRESH, 0.0, 0
    for number in range(rounds):
        at_once = int(limit.at_once)
        took_s = 1.0 if at_once <= capacity else 8.0
        for beside in range(1, at_once + 1):
            limit = limit.answered(run(took_s, began=now, beside=beside))
        if number > 8:
            assert at_once <= max(2 * capacity, 1)
        now += 10
    assert limit.at_once >= 1
