"""Foreign JSON: what stands there if it has the shape, or nothing. Never raises."""

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

Json = Mapping[str, Any]

_WORD = re.compile(r"[A-Za-z0-9_.-]{1,64}")
_NUMBER = re.compile(r"\+?([0-9]{1,12})(?:\.[0-9]{1,9})?")
_MOMENT = re.compile(r"\+?([0-9]{1,15})(?:\.[0-9]{1,9})?")
# as seconds, the year 33658; as milliseconds, 2001
_MILLISECONDS_FROM = 10**12
# Whoever adds a grace or subtracts a duration shall not leave the years that Python knows.
_YEAR_9000 = 221_845_392_000


def object_of(value: Any) -> Json:
    """Return the object, or an empty one."""
    return value if isinstance(value, Mapping) else {}


def list_of(value: Any) -> list[Any]:
    """Return the list, or an empty one."""
    return value if isinstance(value, list) else []


def text_of(value: Any) -> str | None:
    """Return text that is not blank; whole numbers count as text (ids come as either)."""
    if isinstance(value, int) and not isinstance(value, bool):
        return str(value)
    return value.strip() or None if isinstance(value, str) else None


def word_of(value: Any) -> str:
    """Return a short plain word, fit for a log or a label; empty for everything else."""
    return value if isinstance(value, str) and _WORD.fullmatch(value) else ""


def integer_of(value: Any) -> int | None:
    """Return a whole number of at most 12 digits, written as number or text.

    A `+` before it and a fraction behind it, as others have written them, do not count.
    """
    return _whole_of(value, _NUMBER)


def time_of(value: Any) -> datetime | None:
    """Return the time of UNIX seconds, which Meta writes as text, or of ISO 8601; else `None`.

    From 13 digits on they are milliseconds; ISO without a zone is UTC; none after the year 9000.
    """
    number = _whole_of(value, _MOMENT)
    if number is None:
        return _iso_time_of(value)
    seconds = number / 1000 if number >= _MILLISECONDS_FROM else number
    return datetime.fromtimestamp(seconds, UTC) if 0 < seconds < _YEAR_9000 else None


def _whole_of(value: Any, form: re.Pattern[str]) -> int | None:
    text = str(value) if isinstance(value, float) else text_of(value)
    found = form.fullmatch(text or "")
    return int(found[1]) if found else None


def _iso_time_of(value: Any) -> datetime | None:
    try:
        moment = datetime.fromisoformat((text_of(value) or "").upper())
        moment = (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).astimezone(UTC)
    except (ValueError, OverflowError):
        return None
    return moment if 1970 <= moment.year < 9000 else None
