"""The table `call_jobs`: work that a call left when it ended, as a lease on its row."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from shared.call.ids import CallId
from shared.call.jobs import CallJob, JobKind, JobState, JobStatus
from shared.database import rows
from shared.database.tables import Tables


class Jobs(Tables):
    """Takes jobs, and writes what became of them; each write only as long as the job is ours."""

    async def take_call_jobs(
        self, kind: JobKind, taker: str, *, now: datetime, until: datetime, at_most: int
    ) -> list[CallJob]:
        """Claim jobs that are due, oldest first; each goes to one taker, until its time is over.

        Taking one counts as an attempt, so that a job that kills whoever takes it is not handed
        round for ever.
        """
        answer = await self._rest.rpc(
            "take up jobs",
            "take_call_jobs",
            job_kind=kind.value,
            taker=taker,
            moment=rows.value_for_database(now),
            until=rows.value_for_database(until),
            at_most=at_most,
        )
        return [rows.call_job_from_row(row) for row in answer.rows]

    async def find_call_job(self, call_id: CallId, kind: JobKind) -> JobState | None:
        """How far a job is; `None`: the call has left none."""
        found = await self._of_call("find a job", "call_jobs", call_id, "kind")
        return next((rows.job_state_from_row(row) for row in found if row["kind"] == kind), None)

    async def keep_call_job(self, job: CallJob, result: Mapping[str, Any]) -> bool:
        """Write what was found, before it is carried out; `False`: the job is another's."""
        return await self._set("keep a job's result", job, {"result": result})

    async def settle_call_job(
        self, job: CallJob, status: JobStatus, *, at: datetime, error: str | None = None
    ) -> bool:
        """End a job; `error` is a slug without personal data. `False`: the job is another's."""
        columns = {"status": status, "finished_at": at, "last_error": error, "owner": None}
        return await self._set("settle a job", job, columns)

    async def postpone_call_job(
        self, job: CallJob, until: datetime, *, error: str | None = None, counts: bool = True
    ) -> bool:
        """Give a job back, to be taken again from `until` on; `False`: the job is another's.

        Without `counts` the attempt is forgotten: it was none.
        """
        columns: dict[str, Any] = {"next_at": until, "owner": None}
        if counts:
            columns["last_error"] = error
        else:
            columns["attempts"] = job.attempts - 1
        return await self._set("postpone a job", job, columns)

    async def _set(self, what: str, job: CallJob, values: Mapping[str, Any]) -> bool:
        columns = {name: rows.value_for_database(value) for name, value in values.items()}
        query = self._rest.table("call_jobs").update(columns).eq("call_id", job.call_id)
        query = query.eq("kind", job.kind.value).eq("status", JobStatus.OPEN.value)
        # the number of the attempt: this very process may have taken it a second time
        query = query.eq("owner", job.owner).eq("attempts", job.attempts)
        answer = await self._rest.send(what, query)
        if answer.rows or answer.attempts == 1:
            return bool(answer.rows)
        # the answer to an earlier attempt was lost: perhaps it was us who changed the row
        found = await self._of_call(what, "call_jobs", job.call_id, "kind")
        return any(row["kind"] == job.kind and rows.row_has(row, columns) for row in found)
