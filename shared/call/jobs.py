"""Work that a call leaves when it ends, and when it is tried again; pure."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from shared.call.ids import CallId

_PAUSES = (
    timedelta(seconds=30),
    timedelta(minutes=2),
    timedelta(minutes=8),
    timedelta(minutes=32),
    timedelta(hours=2),
)


class JobKind(StrEnum):
    """What is to be done; `call_jobs.kind`."""

    AFTER_CALL = "after-call"
    """A conversation is looked through."""
    MISSED_CALL = "missed-call"
    """Whom nobody answered gets a text."""


class JobStatus(StrEnum):
    """How far it is; `call_jobs.status`."""

    OPEN = "open"
    DONE = "done"
    FAILED = "failed"
    """For good."""
    SKIPPED = "skipped"
    """Nothing was to be done."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CallJob:
    """One row of `call_jobs`, as whoever has taken it sees it."""

    call_id: CallId
    kind: JobKind
    owner: str
    """Which process has taken it."""
    attempts: int
    """How often it was taken, this time included."""
    result: Mapping[str, Any] | None = field(default=None, repr=False)
    """What an earlier attempt has found, and perhaps not carried out to its end."""


@dataclass(frozen=True, slots=True, kw_only=True)
class JobState:
    """How far the work after a call is, as anybody sees it."""

    status: JobStatus
    attempts: int
    last_error: str | None = None
    """Why the last attempt failed, or why nothing was to be done: a slug."""
    result: Mapping[str, Any] | None = field(default=None, repr=False)
    """What was found; personal data."""


def next_attempt(
    attempts: int, now: datetime, *, at_most: int, asked: timedelta = timedelta()
) -> datetime | None:
    """Say when a job is tried again that has failed for the `attempts`-th time; `None`: never.

    The pauses are 30 s, 2 min, 8 min, 32 min, and then two hours; `asked` is the least that the
    neighbour wants (Retry-After), as far as it is no longer than two hours.
    """
    if attempts >= at_most:
        return None
    own = _PAUSES[min(max(attempts, 1), len(_PAUSES)) - 1]
    return now + max(own, min(asked, _PAUSES[-1]))
