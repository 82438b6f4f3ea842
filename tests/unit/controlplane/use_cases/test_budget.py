"""The day's budget: asked only where there is a cap, shown to operators, told once a day."""

import logging
from datetime import UTC, datetime, timedelta
from typing import cast

import pytest

from controlplane.core.line import AgentTerms
from controlplane.telemetry.metrics import Metrics
from controlplane.use_cases.budget import Budget
from shared.call.costs import ProfileCosts
from shared.database.costs import Costs

NOW = datetime(2026, 11, 27, 14, 5, tzinfo=UTC)


class Spent:
    """A database that has summed."""

    def __init__(self, **by_profile: float) -> None:
        self.by_profile = by_profile
        self.asked: list[datetime] = []

    async def since(self, moment: datetime, now: datetime) -> list[ProfileCosts]:
        self.asked.append(moment)
        return [
            ProfileCosts(profile=name or None, usd=usd, unpriced=1)
            for name, usd in self.by_profile.items()
        ]


def budget_of(
    spent: Spent, cap_usd: float | None, *, clock: list[datetime] | None = None
) -> tuple[Budget, Metrics]:
    metrics, now = Metrics(), clock or [NOW]
    costs = cast(Costs, spent)
    return Budget(costs, cap_usd=cap_usd, metrics=metrics, clock=lambda: now[0]), metrics


async def test_without_a_cap_nobody_is_asked() -> None:
    """A stack without caps pays no request for them."""
    spent = Spent(shop=1000)
    budget, _ = budget_of(spent, None)
    assert not await budget.is_spent(AgentTerms(profile="shop"))
    assert spent.asked == []


async def test_the_sum_is_todays() -> None:
    """Of all calls since midnight UTC; or of one profile's."""
    spent = Spent(shop=3.0, hotel=1.0)
    budget, _ = budget_of(spent, 5)
    assert not await budget.is_spent(AgentTerms(profile="hotel"))
    assert await budget.is_spent(AgentTerms(profile="shop", daily_cost_cap_usd=2))
    assert spent.asked == [datetime(2026, 11, 27, tzinfo=UTC)] * 2
    spent.by_profile["shop"] = 4.0
    assert await budget.is_spent(AgentTerms(profile="hotel"))


async def test_operators_are_told_once_a_day(caplog: pytest.LogCaptureFixture) -> None:
    """However often it is looked; the gauges always show both sums."""
    caplog.set_level(logging.WARNING)
    clock, spent = [NOW], Spent(shop=6.5)
    budget, metrics = budget_of(spent, 5, clock=clock)
    for _ in range(3):
        await budget.look()
    assert [record.action for record in caplog.records] == ["daily-cost-cap"]  # type: ignore[attr-defined]
    assert b"whatsapp_cost_today_usd 6.5" in metrics.render()
    assert b"whatsapp_cost_cap_usd 5.0" in metrics.render()
    assert b"whatsapp_cost_unpriced_calls 1.0" in metrics.render()
    clock[0] += timedelta(days=1)
    spent.by_profile = {}
    await budget.look()
    assert len(caplog.records) == 1
    spent.by_profile = {"": 5.0}
    await budget.look()
    assert len(caplog.records) == 2


@pytest.mark.parametrize(("cap_usd", "shown"), [(5, b"5.0"), (None, b"+Inf")])
async def test_the_cap_is_shown_before_anybody_has_looked(
    cap_usd: float | None, shown: bytes
) -> None:
    """A process that has just started would tell of a cap that is reached: 0 of 0 USD."""
    _, metrics = budget_of(Spent(), cap_usd)
    assert b"whatsapp_cost_cap_usd " + shown in metrics.render()
    assert b"whatsapp_cost_today_usd 0.0" in metrics.render()


async def test_without_a_cap_the_gauge_says_so() -> None:
    """Nothing is ever as much as that."""
    budget, metrics = budget_of(Spent(shop=1), None)
    await budget.look()
    assert b"whatsapp_cost_cap_usd +Inf" in metrics.render()
