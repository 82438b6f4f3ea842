"""When the owner of a set-up counts as silent, and what is done with what it has left."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from controlplane.core.lease import (
    GAP_S,
    HOLD,
    LOOK_S,
    MAX_TAKES,
    PROMPT_S,
    RENEW_S,
    SILENCE_S,
    Watch,
    is_held,
    may_go_on,
)
from shared.call.call import Call, CallStatus, Direction
from shared.call.ids import CallId, PhoneNumberId
from shared.call.person import Party

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
CALL = Call(
    id=CallId("7c9e6679-7425-40de-944b-e07fc1f90ae7"),
    wacid=None,
    direction=Direction.INBOUND,
    status=CallStatus.RINGING,
    phone_number_id=PhoneNumberId("1"),
    party=Party(),
    created_at=NOW,
    setup_owner="a",
    setup_until=NOW,
)


def renewed(times: int) -> Call:
    """The row after so many renewals."""
    return replace(CALL, setup_until=NOW + times * timedelta(seconds=RENEW_S))


def silent_after(looks: list[tuple[float, float, Call]]) -> bool:
    """Look at these times (began, ended) and find these rows; judge after the last one."""
    watch = Watch.begin()
    for began, ended, call in looks:
        watch = watch.then([call], began_s=began, ended_s=ended)
    _, ended, call = looks[-1]
    return watch.is_silent(call, ended)


def prompt(until_s: float, row_at: float | None = None) -> list[tuple[float, float, Call]]:
    """Prompt looks every LOOK_S; the owner writes every RENEW_S, up to `row_at`."""
    looks, at = [], 0.0
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
def test_an_owner_is_silent_when_the_row_stays_the_same(
    looks: list[tuple[float, float, Call]], silent: bool
) -> None:
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
    looks = [*prompt(5, 0), (began, ended, CALL)]
    again = [(ended + LOOK_S * n, ended + LOOK_S * n + 0.01, CALL) for n in range(1, 6)]
    assert silent_after(looks) is False
    assert silent_after([*looks, again[0]]) is False
    assert silent_after([*looks, *again]) is True


def test_another_owner_gets_its_time() -> None:
    """A set-up that was taken over is not taken from the new owner for the old one's silence."""
    looks = prompt(5, 0)
    began = looks[-1][0] + LOOK_S
    taken = replace(CALL, setup_owner="b")
    assert silent_after([*looks, (began, began + 0.01, taken)]) is False


def test_a_call_that_was_not_seen_is_not_silent() -> None:
    """A row that is not among those of the last look has been left alone."""
    watch = Watch.begin().then([CALL], began_s=0, ended_s=0.01)
    watch = watch.then([], began_s=LOOK_S, ended_s=LOOK_S + 0.01)
    assert not watch.is_silent(CALL, 100)


@pytest.mark.parametrize(
    ("takes", "goes_on"), [(1, True), (MAX_TAKES, True), (MAX_TAKES + 1, False)]
)
def test_a_set_up_is_handed_on_so_often(takes: int, goes_on: bool) -> None:
    assert may_go_on(replace(CALL, setup_takes=takes)) is goes_on


@pytest.mark.parametrize(
    ("call", "held"),
    [
        (replace(CALL, setup_until=NOW + HOLD), True),
        (CALL, False),
        (replace(CALL, setup_until=None), False),
        (replace(CALL, setup_owner=None, setup_until=NOW + HOLD), False),
    ],
    ids=["held", "lapsed", "without-a-time", "released"],
)
def test_the_row_says_whether_somebody_holds_it(call: Call, held: bool) -> None:
    assert is_held(call, NOW) is held
