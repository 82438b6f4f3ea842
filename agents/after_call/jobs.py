"""The work after each call: taken as a lease, done once, and tried again where it failed.

Any worker may do it. A call's turn is:

    taken        `take_call_jobs()`; a worker that dies is followed by another when its time is over
    read         a model finds what there is to say and what was promised (`reading`)
    written down the whole plan, in one write (`call_jobs.result`)
    carried out  row by row; who comes second finds the plan, asks no model, and changes nothing
"""

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from typing import Protocol

from agents.after_call.failure import Failure
from agents.after_call.plan import Plan
from agents.after_call.reading import NothingToDo, NotYet
from shared.call.errors import WacallError
from shared.call.ids import CallId
from shared.call.jobs import CallJob, JobKind, JobStatus, next_attempt
from shared.database.after_call_store import AfterCallStore
from shared.process.of_call import work_for
from shared.process.tasks import Tasks

_log = logging.getLogger(__name__)

MOST_ATTEMPTS = 6
"""Over some five hours: as long as OpenAI may be away."""
LOOK_S = 2.0
"""Between two looks for jobs: one request, however many there are."""
_AT_ONCE = 4
# More than the model's own bound and all writes: who holds a job for longer is dead.
_LEASE = timedelta(minutes=6)
_GIVE_BACK_WITHIN_S = 3.0


class Reads(Protocol):
    """Who makes the plan of a conversation; see `agents.after_call.reading.Reader`."""

    async def read(self, store: AfterCallStore, call_id: CallId, now: datetime) -> Plan:
        """Make the plan; raises `NothingToDo`, `NotYet`, `Failure`, `StoreUnavailable`."""


class AfterCalls:
    """The jobs of one worker; `look` is a turn of a loop."""

    def __init__(
        self,
        store: Callable[[], Awaitable[AfterCallStore]],
        reader: Reads,
        *,
        worker: str,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        """Take the way to the database, who reads conversations, and the name of this process."""
        self._store, self._reader, self._worker, self._clock = store, reader, worker, clock
        self._tasks = Tasks()
        self._running = 0

    async def look(self) -> None:
        """Take what is due, as far as there is room, and begin to work on it.

        Raises:
            StoreUnavailable: the database does not answer.
        """
        free = _AT_ONCE - self._running
        if free <= 0:
            return
        store, now = await self._store(), self._clock()
        jobs = await store.take_call_jobs(
            JobKind.AFTER_CALL, self._worker, now=now, until=now + _LEASE, at_most=free
        )
        for job in jobs:
            self._running += 1
            self._tasks.spawn(self._work(store, job))

    async def idle(self) -> None:
        """Wait until nothing is being worked on."""
        await self._tasks.drain(_LEASE.total_seconds())

    async def close(self) -> None:
        """Stop: what is not done is given back for others."""
        await self._tasks.close()

    async def _work(self, store: AfterCallStore, job: CallJob) -> None:
        work_for(job.call_id)
        try:
            await self._attempt(store, job)
        except asyncio.CancelledError:
            await self._give_back(store, job)
            raise
        except WacallError:
            await self._failed(store, job, Failure("store-unavailable"))
        except Failure as failure:
            await self._failed(store, job, failure)
        except Exception:
            _log.exception(
                "The work after a call has failed by a fault of ours.",
                extra={"action": "after-call-broken", "call": job.call_id},
            )
            await self._failed(store, job, Failure("internal"))
        finally:
            self._running -= 1

    async def _attempt(self, store: AfterCallStore, job: CallJob) -> None:
        began = time.monotonic()
        if job.attempts > MOST_ATTEMPTS:
            raise Failure("crashed", is_final=True)
        plan = Plan.read(job.result)
        try:
            if plan is None:
                plan = await self._reader.read(store, job.call_id, self._clock())
                if not await store.keep_call_job(job, plan.to_json()):
                    return
        except NotYet as not_yet:
            await store.postpone_call_job(job, self._clock() + not_yet.pause, counts=False)
            return
        except NothingToDo as nothing:
            await store.settle_call_job(job, JobStatus.SKIPPED, at=self._clock(), error=nothing.why)
            return
        await carry_out(store, job, plan)
        await store.settle_call_job(job, JobStatus.DONE, at=self._clock())
        _log.info(
            "A conversation was looked through.",
            extra={
                "action": "after-call-done",
                "call": job.call_id,
                "model": plan.model,
                "promises": len(plan.promises),
                "follow_ups": len(plan.follow_ups),
                "tokens": plan.tokens,
                "attempt": job.attempts,
                "took_ms": round((time.monotonic() - began) * 1000),
            },
        )

    async def _failed(self, store: AfterCallStore, job: CallJob, failure: Failure) -> None:
        now = self._clock()
        at = next_attempt(job.attempts, now, at_most=MOST_ATTEMPTS, asked=failure.asked)
        about = {
            "call": job.call_id,
            "error": failure.slug,
            "why": failure.sentence,
            "attempt": job.attempts,
        }
        if failure.is_final or at is None:
            _log.error(
                "A conversation could not be looked through, and will not be.",
                extra={"action": "after-call-given-up", **about},
            )
        else:
            _log.warning(
                "A conversation could not be looked through; it is tried again.",
                extra={"action": "after-call-failed", **about},
            )
        try:
            if failure.is_final or at is None:
                await store.settle_call_job(job, JobStatus.FAILED, at=now, error=failure.slug)
            else:
                await store.postpone_call_job(job, at, error=failure.slug)
        except WacallError:
            _log.warning(
                "What became of the work after a call was not written; its time runs out, and "
                "another worker takes it.",
                extra={"action": "after-call-unwritten", "call": job.call_id},
            )

    async def _give_back(self, store: AfterCallStore, job: CallJob) -> None:
        try:
            async with asyncio.timeout(_GIVE_BACK_WITHIN_S):
                await store.postpone_call_job(job, self._clock(), counts=False)
        except (WacallError, TimeoutError):
            # its time runs out
            return


async def carry_out(store: AfterCallStore, job: CallJob, plan: Plan) -> None:
    """Do what a plan says; doing it again changes nothing."""
    call_id = job.call_id
    for lead in plan.leads:
        await store.upsert_lead(lead)
    for follow_up in plan.follow_ups:
        await store.add_follow_up(follow_up)
    if plan.do_not_call:
        await store.do_not_call(call_id)
    for call in plan.tool_calls:
        await store.add_tool_call(call)
    await store.conclude_call(
        call_id,
        summary=plan.summary,
        outcome=plan.outcome,
        sentiment=plan.sentiment,
        off_purpose_turns=len(plan.off_purpose_turns),
    )
