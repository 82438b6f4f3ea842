"""What calls have cost, summed by the database."""

from datetime import datetime

from shared.call.costs import ProfileCosts
from shared.database.rows import value_for_database
from shared.database.tables import Tables


class Costs(Tables):
    """Reads `calls.cost_usd` and `calls.meta_cost_usd`. Methods raise `StoreUnavailable`."""

    async def since(self, moment: datetime, now: datetime) -> list[ProfileCosts]:
        """Return what the calls that began since a moment have cost until now, by profile."""
        answer = await self._rest.rpc(
            "sum what calls cost",
            "costs_since",
            since=value_for_database(moment),
            moment=value_for_database(now),
        )
        return [
            ProfileCosts(
                profile=row["profile"], usd=float(row["usd"]), unpriced=int(row["unpriced"])
            )
            for row in answer.rows
        ]
