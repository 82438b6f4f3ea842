"""Foreign JSON: what stands there if it has the shape, or nothing. Never raises."""

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

Json = Mapping[str, Any]

_WORD = re.compile(r"[A-Za-z0-9_.-]{1,64}")
_NUMBER = re.compile(r"[0-9]{1,12}")
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
    """Return a whole number from 0 to 12 digits, written as number or text."""
    text = text_of(value) or ""
    return int(text) if _NUMBER.fullmatch(text) else None


def time_of(value: Any) -> datetime | None:
    """Return the time of UNIX seconds, which Meta writes as text; none after the year 9000."""
    seconds = integer_of(value)
    return datetime.fromtimestamp(seconds, UTC) if seconds and seconds < _YEAR_9000 else None
