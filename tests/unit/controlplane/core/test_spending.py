"""What a day has cost against what it may."""

from datetime import UTC, datetime, timedelta, timezone

import pytest

from controlplane.core.spending import Spending, day_began, next_day
from shared.call.costs import ProfileCosts

TODAY = Spending(by_profile={"": 0.5, "shop": 3.0, "hotel": 1.5})


@pytest.mark.parametrize(
    ("cap_usd", "profile", "profile_cap_usd", "reaches"),
    [
        (None, "shop", None, False),
        (5.01, "shop", None, False),
        (5.0, "hotel", None, True),
        (0.5, "new", None, True),
        (None, "shop", 3.0, True),
        (None, "shop", 3.1, False),
        (None, "hotel", 3.0, False),
        (None, "new", 0.01, False),
        (9.0, "shop", 2.0, True),
    ],
)
def test_either_cap_stops_calls(
    cap_usd: float | None, profile: str, profile_cap_usd: float | None, reaches: bool
) -> None:
    """All profiles together, or the one that the call is for."""
    assert TODAY.reaches(cap_usd, profile=profile, profile_cap_usd=profile_cap_usd) is reaches


def test_what_has_no_price_is_counted_beside_the_sum() -> None:
    """A cap does not see it; people shall."""
    spending = Spending.of(
        [
            ProfileCosts(profile="shop", usd=3.0, unpriced=2),
            ProfileCosts(profile=None, usd=0.5, unpriced=1),
        ]
    )
    assert spending == Spending(by_profile={"shop": 3.0, "": 0.5}, unpriced=3)


def test_nothing_has_cost_nothing() -> None:
    """A day without calls."""
    assert Spending().total_usd == 0
    assert not Spending().reaches(0.01, profile_cap_usd=0.01)


@pytest.mark.parametrize(
    ("now", "began"),
    [
        (datetime(2026, 11, 27, 14, 5, 6, 7, UTC), datetime(2026, 11, 27, tzinfo=UTC)),
        (datetime(2026, 11, 27, tzinfo=UTC), datetime(2026, 11, 27, tzinfo=UTC)),
        (
            datetime(2026, 11, 28, 1, tzinfo=timezone(timedelta(hours=2))),
            datetime(2026, 11, 27, tzinfo=UTC),
        ),
    ],
)
def test_a_day_is_one_of_utc(now: datetime, began: datetime) -> None:
    """From midnight to midnight, wherever the clock stands that is asked."""
    assert day_began(now) == began
    assert next_day(now) == began + timedelta(days=1)
