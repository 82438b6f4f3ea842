"""Foreign numbers and times, however they are written."""

from datetime import UTC, datetime
from typing import Any

import pytest

from controlplane.core.foreign import integer_of, time_of

NOON = datetime(2026, 5, 5, 12, tzinfo=UTC)
SECONDS = int(NOON.timestamp())


@pytest.mark.parametrize(
    ("written", "moment"),
    [
        (SECONDS, NOON),
        (str(SECONDS), NOON),
        (f" {SECONDS} ", NOON),
        (f"+{SECONDS}", NOON),
        (SECONDS + 0.5, NOON),
        (f"{SECONDS}.5", NOON),
        (SECONDS * 1000, NOON),
        (f"{SECONDS}000", NOON),
        (f"+{SECONDS}000.25", NOON),
        ("2026-05-05T12:00:00Z", NOON),
        ("2026-05-05t12:00:00z", NOON),
        ("2026-05-05T12:00:00.000Z", NOON),
        ("2026-05-05T12:00:00", NOON),
        ("2026-05-05 14:00:00+02:00", NOON),
        ("2026-05-05T07:00:00-0500", NOON),
        ("0", None),
        (0, None),
        ("-5", None),
        (True, None),
        (None, None),
        ("", None),
        ("yesterday", None),
        ([SECONDS], None),
        (1e300, None),
        (float("inf"), None),
        ("9" * 5000, None),
        # whoever adds a grace or subtracts a duration shall not leave the calendar
        ("999999999999", None),
        ("999999999999999", None),
        ("9999-12-31T23:59:59-14:00", None),
        ("9500-01-01T00:00:00Z", None),
        ("0001-01-01T00:00:00+14:00", None),
        ("1969-12-31T23:59:59Z", None),
    ],
)
def test_when(written: Any, moment: datetime | None) -> None:
    """UNIX seconds or milliseconds, ISO 8601; what lies beyond every calendar is none."""
    assert time_of(written) == moment


@pytest.mark.parametrize(
    ("written", "number"),
    [
        (300, 300),
        ("300", 300),
        ("+300", 300),
        (300.0, 300),
        ("300.75", 300),
        ("0", 0),
        ("-300", None),
        ("3e2", None),
        ("3.", None),
        ("\u0663", None),
        (False, None),
        (1e15, None),
        ("1" * 13, None),
        ({}, None),
    ],
)
def test_how_many(written: Any, number: int | None) -> None:
    """A `+` and a fraction do not make it another number."""
    assert integer_of(written) == number
