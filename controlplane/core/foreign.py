"""Foreign JSON: Meta's words, and whatever else stands there, or nothing. Never raises."""

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any, Self

Json = Mapping[str, Any]

_WORD = re.compile(r"[A-Za-z0-9_.-]{1,64}")
_NUMBER = re.compile(r"[0-9]{1,12}")
_YEAR_10000 = 253_402_300_800


class ForeignWord(StrEnum):
    """Somebody else's choice: any case, and UNKNOWN for the words that we have not met.

    Members are lower-case; each child has an `UNKNOWN = "unknown"`.
    """

    @classmethod
    def _missing_(cls, value: object) -> Self:
        word = value.casefold() if isinstance(value, str) else None
        return next((m for m in cls if m.value == word), cls("unknown"))


class HangupStatus(ForeignWord):
    """How Meta words an end. COMPLETED says nothing about being answered."""

    COMPLETED = "completed"
    FAILED = "failed"
    UNKNOWN = "unknown"


class PeerStatus(ForeignWord):
    """What the callee's side of a business-initiated call does."""

    RINGING = "ringing"
    ACCEPTED = "accepted"
    REJECTED = "rejected"
    UNKNOWN = "unknown"


class PermissionResponse(ForeignWord):
    """What a person says to being called."""

    ACCEPT = "accept"
    REJECT = "reject"
    UNKNOWN = "unknown"


class PermissionSource(ForeignWord):
    """Who said it."""

    USER_ACTION = "user_action"
    AUTOMATIC = "automatic"
    UNKNOWN = "unknown"


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
    """Return the time of UNIX seconds, which Meta writes as text."""
    seconds = integer_of(value)
    return datetime.fromtimestamp(seconds, UTC) if seconds and seconds < _YEAR_10000 else None
