"""What calls have cost, summed by the database."""

from collections.abc import Mapping
from datetime import datetime

from shared.database.rows import value_for_database
from shared.database.tables import Tables


class Costs(Tables):
    """Reads `calls.cost_usd` and `calls.meta_cost_usd`. Methods raise `StoreUnavailable`."""

    async def since(self, moment: datetime, now: datetime) -> Mapping[str, float]:
        """Return what the calls that began since a moment have cost until now, in USD, by profile.

        Calls that no profile took stand under `""`; what is not known is not in it.
        """
        answer = await self._rest.rpc(
            "sum what calls cost",
            "costs_since",
            since=value_for_database(moment),
            moment=value_for_database(now),
        )
        return {row["profile"] or "": float(row["usd"]) for row in answer.rows}
