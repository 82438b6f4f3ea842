"""Calls that are over, with the work that they left, in memory."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from shared.call.call import Call
from shared.call.ids import CallId
from shared.call.jobs import CallJob, JobKind, JobStatus
from shared.call.records import Lead
from tests.memory_notes import MemoryNotes
from tests.unit.agents.after_call.conversations import CALL_ID, call


@dataclass(slots=True, kw_only=True)
class JobRow:
    """One row of `call_jobs`."""

    status: JobStatus = JobStatus.OPEN
    attempts: int = 0
    owner: str | None = None
    next_at: datetime | None = None
    until: datetime | None = None
    error: str | None = None
    result: Mapping[str, Any] | None = None


class Killed(BaseException):
    """The worker is no more: nothing of it runs any further."""


class MemoryJobs(MemoryNotes):
    """`AfterCallStore`, with one call and its job."""

    def __init__(self, of: Call | None = None, *, last_words: bool = True) -> None:
        super().__init__()
        self.call: Call | None = of or call()
        self.job = JobRow()
        self.last_words = last_words
        self.conclusions: list[dict[str, Any]] = []
        self.dies_at = 0
        """Before which write, from 1, the worker is killed; 0: it is not."""

    def _write(self, *call_ids: CallId | None) -> None:
        super()._write(*call_ids)
        if 0 < self.dies_at <= self.writes:
            raise Killed

    async def take_call_jobs(
        self, kind: JobKind, taker: str, *, now: datetime, until: datetime, at_most: int
    ) -> list[CallJob]:
        job = self.job
        is_held = job.owner is not None and job.until is not None and job.until >= now
        is_early = job.next_at is not None and job.next_at > now
        if job.status is not JobStatus.OPEN or is_held or is_early or at_most < 1:
            return []
        job.owner, job.until, job.attempts = taker, until, job.attempts + 1
        return [
            CallJob(
                call_id=CALL_ID,
                kind=kind,
                owner=taker,
                attempts=job.attempts,
                result=job.result,
            )
        ]

    def _is_ours(self, job: CallJob) -> bool:
        self._write()
        row = self.job
        return (row.status, row.owner, row.attempts) == (JobStatus.OPEN, job.owner, job.attempts)

    async def keep_call_job(self, job: CallJob, result: Mapping[str, Any]) -> bool:
        if self._is_ours(job):
            self.job.result = result
            return True
        return False

    async def settle_call_job(
        self, job: CallJob, status: JobStatus, *, at: datetime, error: str | None = None
    ) -> bool:
        if self._is_ours(job):
            self.job.status, self.job.error, self.job.owner = status, error, None
            return True
        return False

    async def postpone_call_job(
        self, job: CallJob, until: datetime, *, error: str | None = None, counts: bool = True
    ) -> bool:
        if not self._is_ours(job):
            return False
        self.job = replace(self.job, next_at=until, owner=None)
        if counts:
            self.job.error = error
        else:
            self.job.attempts -= 1
        return True

    async def get_call(self, call_id: CallId) -> Call | None:
        return self.call

    async def has_last_words(self, call_id: CallId) -> bool:
        return self.last_words

    async def find_lead(self, call_id: CallId) -> Lead | None:
        return await self.get_lead(call_id)

    async def conclude_call(self, call_id: CallId, **said: Any) -> None:
        self._write(call_id)
        self.conclusions.append(said)
