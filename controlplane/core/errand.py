"""What has to be done some time and may fail: what became of a try, and when the next one is. Pure.

A message to somebody, a follow-up: a row that one process claims for a while, tries, and settles.
"""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum

LONGEST_WHY = 500


class Fate(StrEnum):
    """How an errand is over."""

    DONE = "done"
    FAILED = "failed"
    """For good."""
    CANCELED = "canceled"
    """Not wanted any more: by an operator, or by the person."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Over:
    """There will be no further try."""

    fate: Fate
    why: str | None = None
    """A sentence without personal data; None: as it should be."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Later:
    """Try again then."""

    at: datetime
    why: str | None = None
    """Why it was not done now; None: it only waits for something."""
    counts: bool = True
    """Whether it was a try, or only a look at something that goes on."""


Verdict = Over | Later


def failed(why: str) -> Over:
    """Give up."""
    return Over(fate=Fate.FAILED, why=why)


def canceled(why: str) -> Over:
    """Leave it."""
    return Over(fate=Fate.CANCELED, why=why)


@dataclass(frozen=True, slots=True, kw_only=True)
class Backoff:
    """Pauses between tries: each twice the one before."""

    first: timedelta
    longest: timedelta
    at_most: int = field(default=30)
    """Doublings beyond this make no difference."""

    def after(self, attempts: int) -> timedelta:
        """Return the pause after so many tries, of which one has been made at least."""
        times: int = 2 ** min(max(attempts, 1) - 1, self.at_most)
        return min(self.first * times, self.longest)


def in_words(why: str | None) -> str:
    """Shorten a reason to what the row holds; empty: none."""
    return (why or "")[:LONGEST_WHY]
