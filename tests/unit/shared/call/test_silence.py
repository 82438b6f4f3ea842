"""When whoever holds something counts as silent."""

import pytest

from shared.call.ids import CallId
from shared.call.silence import GAP_S, LOOK_S, PROMPT_S, RENEW_S, SILENCE_S, Watch

CALL = CallId("7c9e6679-7425-40de-944b-e07fc1f90ae7")
Stamp = tuple[str, int]
Looks = list[tuple[float, float, Stamp]]


def renewed(times: int) -> Stamp:
    """The stamp after so many renewals."""
    return "a", times


def silent_after(looks: Looks) -> bool:
    """Look at these times (began, ended) and find these stamps; judge after the last one."""
    watch = Watch.begin()
    for began, ended, stamp in looks:
        watch = watch.then({CALL: stamp}, began_s=began, ended_s=ended)
    return watch.is_silent(CALL, looks[-1][1])


def prompt(until_s: float, row_at: float | None = None) -> Looks:
    """Prompt looks every LOOK_S; the owner writes every RENEW_S, up to `row_at`."""
    looks: Looks = []
    at = 0.0
    while at < until_s:
        written = at if row_at is None else min(at, row_at)
        looks.append((at, at + 0.01, renewed(int(written / RENEW_S))))
        at += LOOK_S
    return looks


@pytest.mark.parametrize(
    ("looks", "silent"),
    [
        (prompt(0.1), False),
        (prompt(10), False),
        (prompt(SILENCE_S - LOOK_S, 0), False),
        (prompt(SILENCE_S + 2 * LOOK_S, 0), True),
        (prompt(5 + SILENCE_S + 2 * LOOK_S, 5), True),
    ],
    ids=["seen-once", "renews", "not-yet", "never-renewed", "fell-silent"],
)
def test_an_owner_is_silent_when_the_row_stays_the_same(looks: Looks, silent: bool) -> None:
    assert silent_after(looks) is silent


def test_taking_over_takes_two_seconds_at_most() -> None:
    """The last renewal is seen at the next look; then the silence, and the look that finds it."""
    assert LOOK_S + SILENCE_S + LOOK_S < 2
    assert 2 * RENEW_S < SILENCE_S


@pytest.mark.parametrize(
    "between",
    [
        (5.0, 5.0 + PROMPT_S + 0.01),
        (5.0 + GAP_S + 0.01, 5.0 + GAP_S + 0.02),
    ],
    ids=["slow-look", "failed-looks"],
)
def test_a_database_that_is_slow_proves_nothing(between: tuple[float, float]) -> None:
    """Nobody could have written meanwhile: the wait begins anew."""
    began, ended = between
    looks = [*prompt(5, 0), (began, ended, renewed(0))]
    again = [(ended + LOOK_S * n, ended + LOOK_S * n + 0.01, renewed(0)) for n in range(1, 6)]
    assert silent_after(looks) is False
    assert silent_after([*looks, again[0]]) is False
    assert silent_after([*looks, *again]) is True


def test_another_owner_gets_its_time() -> None:
    """A set-up that was taken over is not taken from the new owner for the old one's silence."""
    looks = prompt(5, 0)
    began = looks[-1][0] + LOOK_S
    assert silent_after([*looks, (began, began + 0.01, ("b", 0))]) is False


def test_a_call_that_was_not_seen_is_not_silent() -> None:
    """A row that is not among those of the last look has been left alone."""
    watch = Watch.begin().then({CALL: renewed(0)}, began_s=0, ended_s=0.01)
    watch = watch.then({}, began_s=LOOK_S, ended_s=LOOK_S + 0.01)
    assert not watch.is_silent(CALL, 100)


def test_whoever_waits_longer_says_so() -> None:
    """The bound after which nobody counts on a take-over any more is another one."""
    watch = Watch.begin()
    for began, ended, stamp in prompt(5, 0):
        watch = watch.then({CALL: stamp}, began_s=began, ended_s=ended)
    assert watch.is_silent(CALL, 5, after_s=4)
    assert not watch.is_silent(CALL, 5, after_s=6)
