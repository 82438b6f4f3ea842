"""Percentiles by nearest rank. Pure."""

from collections.abc import Sequence


def percentile(values: Sequence[float], percent: int) -> float:
    """Return the percentile by nearest rank: a value that was measured, never one in between.

    Raises:
        ValueError: there are no values, or `percent` is not from 1 to 100.
    """
    if not values or not 1 <= percent <= 100:
        raise ValueError("a percentile from 1 to 100 needs at least one value")
    # whole numbers: 0.07 * 100 is more than 7
    rank = -(-percent * len(values) // 100)
    return sorted(values)[rank - 1]
