from datetime import UTC, datetime, timedelta

import pytest

from shared.call.jobs import next_attempt

NOW = datetime(2026, 11, 27, 9, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("attempts", "pause"),
    [
        (0, timedelta(seconds=30)),
        (1, timedelta(seconds=30)),
        (2, timedelta(minutes=2)),
        (3, timedelta(minutes=8)),
        (4, timedelta(minutes=32)),
        (5, timedelta(hours=2)),
        (400, timedelta(hours=2)),
    ],
)
def test_the_pauses_grow_up_to_two_hours(attempts: int, pause: timedelta) -> None:
    """Of a neighbour that is away for long, a job asks seldom."""
    assert next_attempt(attempts, NOW, at_most=1000) == NOW + pause


@pytest.mark.parametrize(
    ("asked", "pause"),
    [
        (timedelta(seconds=10), timedelta(seconds=30)),
        (timedelta(minutes=5), timedelta(minutes=5)),
        (timedelta(days=2), timedelta(hours=2)),
    ],
)
def test_a_neighbour_that_asks_for_a_longer_pause_gets_it(
    asked: timedelta, pause: timedelta
) -> None:
    """Retry-After counts, unless it is shorter than our own pause or absurdly long."""
    assert next_attempt(1, NOW, at_most=6, asked=asked) == NOW + pause


@pytest.mark.parametrize("attempts", [6, 7])
def test_after_the_last_attempt_there_is_none(attempts: int) -> None:
    """A job that fails too often has failed for good; one may be taken once more than that."""
    assert next_attempt(attempts, NOW, at_most=6) is None
