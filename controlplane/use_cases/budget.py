"""The day's budget: what is placed stops when it is spent, and operators see how near it is."""

import logging
from collections.abc import Callable
from datetime import datetime

from controlplane.core.line import AgentTerms
from controlplane.core.spending import Spending, day_began
from controlplane.telemetry.metrics import Metrics
from shared.database.costs import Costs

_log = logging.getLogger(__name__)

LOOK_S = 60.0
"""How often `look` is to be called."""


class Budget:
    """Asks the database, so that all replicas see one sum; holds nothing but what was logged."""

    def __init__(
        self,
        costs: Costs,
        *,
        cap_usd: float | None,
        metrics: Metrics,
        clock: Callable[[], datetime],
    ) -> None:
        """Take the cap of all calls of a day together, in USD; `None`: there is none."""
        self._costs, self.cap_usd = costs, cap_usd
        self._metrics, self._clock = metrics, clock
        # before the first look: a cap of nothing would be reached by nothing
        metrics.cost_cap(cap_usd)
        self._told_on: datetime | None = None

    async def is_spent(self, agent: AgentTerms) -> bool:
        """Say whether today's calls cost too much for another one to be placed.

        Raises:
            StoreUnavailable: the database does not tell.
        """
        if self.cap_usd is None and agent.daily_cost_cap_usd is None:
            return False
        spending = await self.today()
        return spending.reaches(
            self.cap_usd, profile=agent.profile, profile_cap_usd=agent.daily_cost_cap_usd
        )

    async def look(self) -> None:
        """Show what today has cost; say once a day that it is as much as it may be."""
        spending = await self.today()
        self._metrics.costs(spending.total_usd, unpriced=spending.unpriced)
        today = day_began(self._clock())
        if self._told_on != today and spending.reaches(self.cap_usd):
            self._told_on = today
            _log.warning(
                "Today's calls have cost as much as they may: no more are placed until midnight "
                "UTC; who calls is answered.",
                extra={
                    "action": "daily-cost-cap",
                    "spent_usd": round(spending.total_usd, 2),
                    "cap_usd": self.cap_usd,
                },
            )

    async def today(self) -> Spending:
        """Read what the calls have cost that began today, of all replicas.

        Raises:
            StoreUnavailable: the database does not tell.
        """
        now = self._clock()
        return Spending.of(await self._costs.since(day_began(now), now))
