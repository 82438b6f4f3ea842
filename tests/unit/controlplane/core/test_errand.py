"""Pauses between tries, and what a row says of them."""

from datetime import timedelta

import pytest

from controlplane.core.errand import LONGEST_WHY, Backoff, Fate, canceled, failed, in_words

BACKOFF = Backoff(first=timedelta(seconds=10), longest=timedelta(hours=1))


@pytest.mark.parametrize(
    ("attempts", "seconds"),
    [(0, 10), (1, 10), (2, 20), (3, 40), (9, 2560), (10, 3600), (1_000_000, 3600)],
)
def test_each_pause_is_twice_the_one_before_up_to_the_longest(attempts: int, seconds: int) -> None:
    """However often it was tried, the pause stays a time."""
    assert BACKOFF.after(attempts) == timedelta(seconds=seconds)


def test_an_errand_is_over_with_a_reason() -> None:
    """Failed for good, and not wanted any more, are two things."""
    assert (failed("x").fate, failed("x").why) == (Fate.FAILED, "x")
    assert (canceled("x").fate, canceled("x").why) == (Fate.CANCELED, "x")


@pytest.mark.parametrize(
    ("why", "held"), [(None, ""), ("", ""), ("x", "x"), ("y" * 9999, "y" * LONGEST_WHY)]
)
def test_a_reason_has_a_bound(why: str | None, held: str) -> None:
    """Whatever a neighbour says."""
    assert in_words(why) == held
