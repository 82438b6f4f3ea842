"""The work after a call, with rows in memory and a model that answers as it is told."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta

import pytest

from agents.after_call.failure import Failure
from agents.after_call.jobs import MOST_ATTEMPTS, AfterCalls
from agents.after_call.plan import KeptPromise, Plan, Standing
from agents.after_call.reading import NothingToDo, NotYet
from shared.call.errors import StoreUnavailable
from shared.call.ids import CallId
from shared.call.jobs import JobStatus
from shared.call.records import Lead
from shared.database.after_call_store import AfterCallStore
from tests.unit.agents.after_call.conversations import CALL_ID, NOW, follow_up, tool_call
from tests.unit.agents.after_call.memory_jobs import MemoryJobs

PLAN = Plan(
    model="gpt-5",
    summary="They want a bike.",
    outcome="lead",
    sentiment="positive",
    off_purpose_turns=(4, 6),
    promises=(KeptPromise(turn=3, quote="I will", standing=Standing.FOLLOW_UP, follow_up="f1"),),
    leads=(Lead(call_id=CALL_ID, email="m@example.org"),),
    follow_ups=(follow_up("message", NOW),),
    do_not_call=True,
    tool_calls=(tool_call("doNotCall"),),
    tokens=1234,
)


class Readers:
    """Reads as it is told: the next of `answers`, the last one for ever."""

    def __init__(self, *answers: Plan | Exception | Callable[[], Awaitable[Plan]]) -> None:
        self.answers = list(answers)
        self.asked = 0

    async def read(self, store: AfterCallStore, call_id: CallId, now: datetime) -> Plan:
        self.asked += 1
        answer = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        if isinstance(answer, Exception):
            raise answer
        return answer if isinstance(answer, Plan) else await answer()


class Clock:
    """Tells what it is told."""

    def __init__(self) -> None:
        self.now = NOW

    def __call__(self) -> datetime:
        return self.now


class Worker:
    """One worker, and the database that it shares with others."""

    def __init__(self, readers: Readers, store: MemoryJobs | None = None, name: str = "a") -> None:
        self.store, self.clock = store or MemoryJobs(), Clock()

        async def connect() -> AfterCallStore:
            return self.store

        self.work = AfterCalls(connect, readers, worker=name, clock=self.clock)

    async def look(self) -> None:
        """A turn of the loop, and all that it begins."""
        await self.work.look()
        await self.work.idle()


def rows(store: MemoryJobs) -> object:
    """All that a plan leaves behind."""
    return (
        store.leads,
        store.follow_ups,
        store.not_to_be_called,
        store.tool_calls,
        store.conclusions[-1:],
    )


async def test_a_conversation_is_read_and_its_plan_carried_out() -> None:
    """Lead, follow-ups, do-not-call, tools' calls, the call's own row; and the plan is kept."""
    worker = Worker(Readers(PLAN))
    await worker.look()
    store = worker.store
    assert (store.job.status, store.job.error) == (JobStatus.DONE, None)
    assert Plan.read(store.job.result) == PLAN
    assert store.leads[CALL_ID].email == "m@example.org"
    assert list(store.follow_ups) == ["f1"]
    assert store.not_to_be_called == {CALL_ID}
    assert len(store.tool_calls) == 1
    assert store.conclusions == [
        {
            "summary": "They want a bike.",
            "outcome": "lead",
            "sentiment": "positive",
            "off_purpose_turns": 2,
        }
    ]


@pytest.mark.parametrize("written", range(1, 8))
async def test_a_worker_that_dies_at_any_write_is_followed_by_another(written: int) -> None:
    """The second asks no model again once the plan is written, and the rows are the same."""
    whole = Worker(Readers(PLAN))
    await whole.look()
    store = MemoryJobs()
    readers = Readers(PLAN)
    dying = Worker(readers, store)
    store.dies_at = written
    await dying.look()
    store.dies_at = 0
    assert store.job.status is JobStatus.OPEN
    other = Worker(readers, store, name="b")
    await other.look()
    assert store.job.attempts == 1, "its lease holds for as long as it may live"
    other.clock.now = NOW + timedelta(minutes=10)
    await other.look()
    assert store.job.status is JobStatus.DONE
    assert rows(store) == rows(whole.store)
    assert readers.asked == (2 if written == 1 else 1)


async def test_a_job_that_is_done_is_not_done_again() -> None:
    """And one that somebody opens again changes nothing."""
    readers = Readers(PLAN)
    worker = Worker(readers)
    await worker.look()
    before = rows(worker.store)
    await worker.look()
    worker.store.job.status = JobStatus.OPEN
    await worker.look()
    assert (readers.asked, rows(worker.store)) == (1, before)


@pytest.mark.parametrize("error", [Failure("http-500"), Failure("refused"), ValueError("ours")])
async def test_what_fails_is_tried_again_and_given_up_in_the_end(
    error: Exception, caplog: pytest.LogCaptureFixture
) -> None:
    """With pauses, six times, and each slug on the row; operators hear of the end."""
    worker = Worker(Readers(error))
    store = worker.store
    for attempt in range(1, MOST_ATTEMPTS + 1):
        await worker.look()
        assert store.job.attempts == attempt
        await worker.look()
        assert store.job.attempts == attempt, "not before its time"
        worker.clock.now += timedelta(hours=2)
    assert store.job.status is JobStatus.FAILED
    assert store.job.error == (error.slug if isinstance(error, Failure) else "internal")
    await worker.look()
    assert store.job.attempts == MOST_ATTEMPTS
    told = [record for record in caplog.records if record.levelname == "ERROR"]
    assert told[-1].__dict__["action"] == "after-call-given-up"


@pytest.mark.parametrize(
    ("failure", "pause"),
    [
        (Failure("http-429", asked=timedelta(minutes=5)), timedelta(minutes=5)),
        (Failure("timeout"), timedelta(seconds=30)),
    ],
)
async def test_openai_may_ask_for_a_longer_pause(failure: Failure, pause: timedelta) -> None:
    """Retry-After."""
    worker = Worker(Readers(failure, PLAN))
    await worker.look()
    assert worker.store.job.next_at == NOW + pause
    worker.clock.now += pause
    await worker.look()
    assert worker.store.job.status is JobStatus.DONE


async def test_what_stays_wrong_is_not_tried_again() -> None:
    """A request that OpenAI does not understand."""
    worker = Worker(Readers(Failure("http-400", is_final=True)))
    await worker.look()
    assert (worker.store.job.status, worker.store.job.error) == (JobStatus.FAILED, "http-400")


async def test_a_job_that_kills_its_workers_is_given_up() -> None:
    """Each taking counts, also of those that never came back."""
    worker = Worker(Readers(PLAN))
    worker.store.job.attempts = MOST_ATTEMPTS
    await worker.look()
    assert (worker.store.job.status, worker.store.job.error) == (JobStatus.FAILED, "crashed")


async def test_what_is_not_wanted_is_skipped_with_its_reason() -> None:
    """By the profile, or because nobody spoke."""
    worker = Worker(Readers(NothingToDo("nobody-spoke")))
    await worker.look()
    assert (worker.store.job.status, worker.store.job.error) == (JobStatus.SKIPPED, "nobody-spoke")


async def test_last_words_that_are_on_their_way_are_waited_for() -> None:
    """Which is no attempt."""
    worker = Worker(Readers(NotYet(), PLAN))
    await worker.look()
    assert (worker.store.job.attempts, worker.store.job.status) == (0, JobStatus.OPEN)
    worker.clock.now += timedelta(seconds=1)
    await worker.look()
    assert worker.store.job.status is JobStatus.DONE


async def test_a_worker_that_stops_gives_its_job_back() -> None:
    """Another one takes it at once, and the attempt was none."""

    async def forever() -> Plan:
        await asyncio.Event().wait()
        return PLAN

    store = MemoryJobs()
    stopping = Worker(Readers(forever), store)
    await stopping.work.look()
    await asyncio.sleep(0)
    await stopping.work.close()
    assert (store.job.owner, store.job.attempts) == (None, 0)
    other = Worker(Readers(PLAN), store, name="b")
    await other.look()
    assert store.job.status is JobStatus.DONE


async def test_who_lost_its_job_writes_nothing() -> None:
    """It was slow, and another worker has it: the plan of that one counts."""
    store = MemoryJobs()

    async def slow() -> Plan:
        store.job.owner, store.job.attempts = "b", 2
        return PLAN

    await Worker(Readers(slow), store).look()
    assert (store.job.result, store.follow_ups, store.job.status) == (None, {}, JobStatus.OPEN)


async def test_a_database_that_is_away_costs_an_attempt(caplog: pytest.LogCaptureFixture) -> None:
    """Whatever it was away for; if even that cannot be written, the lease runs out."""
    worker = Worker(Readers(StoreUnavailable(), PLAN))
    worker.store.failures = 1
    await worker.look()
    assert "after-call-unwritten" in [one.__dict__.get("action") for one in caplog.records]
    worker.clock.now += timedelta(minutes=10)
    await worker.look()
    assert worker.store.job.status is JobStatus.DONE
