"""Inbound calls that nobody answered, as jobs that the database leaves when they end."""

from collections.abc import Mapping, Sequence
from datetime import datetime

from postgrest.types import ReturnMethod

from controlplane.core.missed_call import ONE_WITHIN, MissedCall, Skipped
from controlplane.errands.rows import missed_call_from_row
from shared.call.ids import CallId
from shared.database.rows import value_for_database
from shared.database.tables import Tables

_KIND = "missed-call"


class MissedCalls(Tables):
    """Claims and settles the jobs. Methods raise `StoreUnavailable`."""

    async def take(
        self, owner: str, ended_before: datetime, until: datetime, *, at_most: int
    ) -> list[CallId]:
        """Claim those whose calls ended before then; nobody else has them before `until`."""
        answer = await self._rest.rpc(
            "take missed calls",
            "take_call_jobs",
            job_kind=_KIND,
            taker=owner,
            moment=value_for_database(ended_before),
            until=value_for_database(until),
            at_most=at_most,
        )
        return [CallId(row["call_id"]) for row in answer.rows]

    async def read(self, calls: Sequence[CallId], now: datetime) -> list[MissedCall]:
        """Read what has to be known of them, in one request."""
        answer = await self._rest.rpc(
            "read missed calls",
            "missed_calls",
            of_calls=list(calls),
            texted_after=value_for_database(now - ONE_WITHIN),
        )
        return [missed_call_from_row(row) for row in answer.rows]

    async def done(self, calls: Sequence[CallId], at: datetime) -> None:
        """Note that their people are written to."""
        await self._settle(calls, "done", None, at)

    async def skipped(self, calls: Mapping[CallId, Skipped], at: datetime) -> None:
        """Note that nobody is written to, and why."""
        for why in dict.fromkeys(calls.values()):
            await self._settle([call for call, found in calls.items() if found is why],
                               "skipped", why, at)  # fmt: skip

    async def _settle(
        self, calls: Sequence[CallId], status: str, why: Skipped | None, at: datetime
    ) -> None:
        if not calls:
            return
        columns = {
            "status": status,
            "last_error": why.value if why is not None else None,
            "finished_at": value_for_database(at),
            "owner": None,
            "owner_until": None,
        }
        query = self._rest.table("call_jobs").update(columns, returning=ReturnMethod.minimal)
        query = query.eq("kind", _KIND).eq("status", "open").in_("call_id", list(calls))
        await self._rest.send("settle missed calls", query)
