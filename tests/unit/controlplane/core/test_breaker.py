"""The breaker: a table of what happened, and whether the next request goes."""

import pytest

from controlplane.core.breaker import Breaker, BreakerState

_CLOSED = Breaker(opens_after=3, pause_s=5)


def after(*happened: tuple[str, float]) -> Breaker:
    """A breaker that went through this: `failed`, `answered` or `asked`, each at its time."""
    breaker = _CLOSED
    for what, at in happened:
        match what:
            case "failed":
                breaker = breaker.failed(at)
            case "answered":
                breaker = breaker.answered()
            case _:
                _, breaker = breaker.asked(at)
    return breaker


FAILED = (("failed", 1.0), ("failed", 2.0), ("failed", 3.0))


@pytest.mark.parametrize(
    ("happened", "now", "state", "goes"),
    [
        ((), 0.0, BreakerState.CLOSED, True),
        (FAILED[:2], 3.0, BreakerState.CLOSED, True),
        # an answer in between: they were not in a row
        ((*FAILED[:2], ("answered", 2.5), ("failed", 3.0)), 4.0, BreakerState.CLOSED, True),
        (FAILED, 3.0, BreakerState.OPEN, False),
        (FAILED, 7.9, BreakerState.OPEN, False),
        (FAILED, 8.0, BreakerState.HALF_OPEN, True),
        # who was under way when it opened does not prolong the pause
        ((*FAILED, ("failed", 7.9)), 8.0, BreakerState.HALF_OPEN, True),
        # one asks, the others are spared until that one has failed or a pause has passed
        ((*FAILED, ("asked", 8.0)), 8.1, BreakerState.OPEN, False),
        ((*FAILED, ("asked", 8.0)), 13.0, BreakerState.HALF_OPEN, True),
        # the one that asked failed, after the pause that it had begun
        ((*FAILED, ("asked", 8.0), ("failed", 14.0)), 18.9, BreakerState.OPEN, False),
        ((*FAILED, ("asked", 8.0), ("failed", 14.0)), 19.0, BreakerState.HALF_OPEN, True),
        ((*FAILED, ("asked", 8.0), ("answered", 9.0)), 9.0, BreakerState.CLOSED, True),
        # an answer to whom it was not asked for counts as well
        ((*FAILED, ("answered", 4.0)), 4.0, BreakerState.CLOSED, True),
        # nobody asks a closed breaker in vain
        ((("asked", 1.0),), 2.0, BreakerState.CLOSED, True),
    ],
)
def test_requests_go_unless_the_last_ones_got_no_answer(
    happened: tuple[tuple[str, float], ...], now: float, state: BreakerState, goes: bool
) -> None:
    """Closed they go, open they do not, half-open one does."""
    breaker = after(*happened)
    assert breaker.state(now) is state
    assert breaker.asked(now)[0] is goes


def test_it_is_never_open_for_longer_than_a_pause() -> None:
    """Whatever happens, a pause after the last thing that happened a request goes."""
    breaker = after(*FAILED)
    for at in range(4, 60):
        breaker = breaker.failed(float(at))
        assert breaker.asked(at + breaker.pause_s)[0]
