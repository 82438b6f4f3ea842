"""What the calls of a day have cost against what they may cost. Pure.

A day is one of UTC, whatever the business's own clock says: of all profiles together there is
one sum, and one midnight.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from shared.call.costs import ProfileCosts


@dataclass(frozen=True, slots=True, kw_only=True)
class Spending:
    """One day's costs, in USD."""

    by_profile: Mapping[str, float] = field(default_factory=dict)
    """What is known to have cost something; `""`: calls that no profile took."""
    unpriced: int = 0
    """Answered calls that are over, and of which a part has no price: no cap sees that part."""

    @classmethod
    def of(cls, costs: Sequence[ProfileCosts]) -> "Spending":
        """Put the profiles' costs together."""
        return cls(
            by_profile={one.profile or "": one.usd for one in costs},
            unpriced=sum(one.unpriced for one in costs),
        )

    @property
    def total_usd(self) -> float:
        """Return the sum of all profiles."""
        return sum(self.by_profile.values())

    def reaches(
        self, cap_usd: float | None, *, profile: str = "", profile_cap_usd: float | None = None
    ) -> bool:
        """Say whether a cap is reached: the one of all calls, or a profile's own; `None`: none."""
        if cap_usd is not None and self.total_usd >= cap_usd:
            return True
        theirs = self.by_profile.get(profile, 0.0)
        return profile_cap_usd is not None and theirs >= profile_cap_usd


def day_began(now: datetime) -> datetime:
    """Return the midnight in UTC that a moment's day began with."""
    return now.astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)


def next_day(now: datetime) -> datetime:
    """Return the midnight in UTC that a moment's day ends with."""
    return day_began(now) + timedelta(days=1)
