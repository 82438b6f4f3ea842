"""Percentiles by nearest rank."""

import pytest

from wacall.bench.percentile import percentile


@pytest.mark.parametrize(
    ("count", "percent", "expected"),
    [(1, 50, 1), (1, 99, 1), (2, 50, 1), (20, 95, 19), (20, 99, 20), (100, 7, 7), (100, 99, 99),
     (101, 99, 100), (200, 95, 190)],
)  # fmt: skip
def test_nearest_rank(count: int, percent: int, expected: int) -> None:
    """A percentile is the smallest value that so many percent of all values do not exceed."""
    values = list(range(count, 0, -1))
    assert percentile(values, percent) == expected


@pytest.mark.parametrize(("values", "percent"), [([], 50), ([1.0], 0), ([1.0], 101)])
def test_no_percentile_of_nothing(values: list[float], percent: int) -> None:
    """Without values there is no percentile, nor one beyond all values."""
    with pytest.raises(ValueError, match="percentile"):
        percentile(values, percent)
