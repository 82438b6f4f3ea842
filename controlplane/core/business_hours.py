"""When a business is open, by its own clock; together with when people may be called, by theirs."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Protocol
from zoneinfo import ZoneInfo

from controlplane.core.callee import CallHours

# each turn goes on to a later opening, and no hours look further ahead than two weeks
_TURNS = 64
_UTC = ZoneInfo("UTC")


class Hours(Protocol):
    """Hours as a profile has them; every `local` is a moment by the business's clock."""

    def is_open(self, local: datetime) -> bool:
        """Whether it is open then."""

    def opens_at(self, local: datetime) -> datetime | None:
        """Return when it opens next; `None`: not within the weeks that it looks ahead."""


@dataclass(frozen=True, slots=True, kw_only=True)
class BusinessHours:
    """Hours, and the place whose clock they are read by."""

    hours: Hours | None = None
    """None: always open."""
    zone: ZoneInfo = _UTC

    def next_open(self, now: datetime) -> datetime | None:
        """Return `now` if it is open, else when it opens; `None`: not soon."""
        if self.hours is None:
            return now
        local = now.astimezone(self.zone)
        if self.hours.is_open(local):
            return now
        opens = self.hours.opens_at(local)
        return opens.astimezone(UTC) if opens is not None else None


ALWAYS_OPEN = BusinessHours()


def next_call(
    hours: CallHours, zones: Sequence[ZoneInfo], business: BusinessHours, now: datetime
) -> datetime | None:
    """Return `now` if a person of these zones may be called by a business, else when they may be.

    `None`: there is no such moment soon, or no zone of theirs is known.
    """
    moment = now
    for _ in range(_TURNS):
        theirs = hours.next_open(zones, moment)
        ours = business.next_open(theirs) if theirs is not None else None
        if ours is None or ours == moment:
            return ours
        moment = ours
    return None
