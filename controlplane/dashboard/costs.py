"""What today's calls have cost so far, for the page of calls in progress."""

from aiohttp import web

from controlplane.use_cases.budget import Budget


class CostRoutes:
    """`/dashboard/api/costs`."""

    def __init__(self, budget: Budget) -> None:
        """Take who knows the day's sum and its cap."""
        self._budget = budget

    async def today(self, _: web.Request) -> web.Response:
        """`GET /dashboard/api/costs`: USD of all replicas; the cap, null: there is none.

        `unpriced`: calls of which a part has no price, and is not in the sum.
        """
        spending = await self._budget.today()
        return web.json_response(
            {
                "today_usd": round(spending.total_usd, 6),
                "cap_usd": self._budget.cap_usd,
                "unpriced": spending.unpriced,
            },
            headers={"Cache-Control": "no-store"},
        )
