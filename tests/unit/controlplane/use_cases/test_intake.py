"""Webhooks that come at the same time are stored in one request, and each hears of its own rows."""

import asyncio
from collections.abc import Sequence
from datetime import UTC, datetime

import pytest

from controlplane.use_cases.intake import MOST_TOGETHER, Intake
from shared.call.errors import StoreUnavailable
from shared.call.records import EventRecord, EventSource
from shared.database.faults import Refused
from shared.process.tasks import Tasks
from tests.eventually import eventually

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)


def webhook(rows: int = 1, kind: str = "status") -> list[EventRecord]:
    return [EventRecord.note(EventSource.META, kind, NOW, {}) for _ in range(rows)]


class Database:
    """Stores when it is let; refuses whole requests that hold a row of kind `poison`."""

    def __init__(self) -> None:
        self.requests: list[int] = []
        self.stored: set[str] = set()
        self.is_away = False
        self.may_answer = asyncio.Event()
        self.may_answer.set()

    async def add_events(self, events: Sequence[EventRecord]) -> None:
        self.requests.append(len(events))
        await self.may_answer.wait()
        if self.is_away:
            raise StoreUnavailable
        if any(event.kind == "poison" for event in events):
            raise Refused("store events", "22P05")
        self.stored |= {event.id for event in events}

    def has(self, events: Sequence[EventRecord]) -> bool:
        return all(event.id in self.stored for event in events)


def intake_of(database: Database, patience_s: float = 60) -> Intake:
    return Intake(database.add_events, tasks=Tasks(), patience_s=patience_s)


async def test_who_comes_alone_goes_at_once() -> None:
    """A request for each, and it is answered before anybody else comes."""
    database = Database()
    intake = intake_of(database)
    for _ in range(3):
        await intake.add(webhook())
    assert database.requests == [1, 1, 1]
    await intake.add([])
    assert database.requests == [1, 1, 1]


async def test_who_comes_meanwhile_goes_together() -> None:
    """The first one alone, then all that came while it was being stored."""
    database = Database()
    intake = intake_of(database)
    webhooks = [webhook() for _ in range(40)]
    await asyncio.gather(*(intake.add(one) for one in webhooks))
    assert database.requests == [1, 39]
    assert all(map(database.has, webhooks))


async def test_nobody_is_told_before_its_own_rows_are_stored() -> None:
    """Who waits for a later request is not acknowledged by an earlier one."""
    database = Database()
    intake = intake_of(database)
    database.may_answer.clear()
    adding = [asyncio.create_task(intake.add(webhook())) for _ in range(3)]
    await eventually(lambda: database.requests)
    assert not any(task.done() for task in adding)
    database.may_answer.set()
    await asyncio.gather(*adding)


async def test_a_request_has_a_bound() -> None:
    """Rows beyond it wait for the next one; a large webhook goes alone, and whole."""
    database = Database()
    intake = intake_of(database)
    sizes = [1, *([MOST_TOGETHER // 2] * 3), MOST_TOGETHER + 1]
    await asyncio.gather(*(intake.add(webhook(size)) for size in sizes))
    assert database.requests == [1, MOST_TOGETHER, MOST_TOGETHER // 2, MOST_TOGETHER + 1]


async def test_rows_that_cannot_be_stored_cost_nobody_else_theirs() -> None:
    """A refused request is taken apart: who brought the poison hears of it, and nobody else."""
    database = Database()
    intake = intake_of(database)
    good = [webhook() for _ in range(5)]
    results = await asyncio.gather(
        intake.add(webhook()),
        intake.add(webhook(kind="poison")),
        *(intake.add(one) for one in good),
        return_exceptions=True,
    )
    assert [isinstance(result, Refused) for result in results] == [False, True, *[False] * 5]
    assert all(map(database.has, good))


async def test_an_outage_is_told_to_all_and_is_over_when_it_is_over() -> None:
    """Nobody is acknowledged; whoever comes next is tried anew."""
    database = Database()
    intake = intake_of(database)
    database.is_away = True
    results = await asyncio.gather(
        *(intake.add(webhook()) for _ in range(5)), return_exceptions=True
    )
    assert all(isinstance(result, StoreUnavailable) for result in results)
    database.is_away = False
    await intake.add(webhook())


async def test_a_slow_request_holds_nobody_up() -> None:
    """The next one goes beside it, once it has had its time."""
    database = Database()
    intake = intake_of(database, patience_s=0.05)
    database.may_answer.clear()
    first = asyncio.create_task(intake.add(webhook()))
    second = asyncio.create_task(intake.add(webhook()))
    await eventually(lambda: len(database.requests) == 2)
    assert not first.done()
    database.may_answer.set()
    await asyncio.gather(first, second)


async def test_who_stops_waiting_stops_nobody_else() -> None:
    """The rows of a connection that went away may be stored; those of others are."""
    database = Database()
    intake = intake_of(database)
    database.may_answer.clear()
    holding = asyncio.create_task(intake.add(webhook()))
    gone, staying = (asyncio.create_task(intake.add(webhook())) for _ in range(2))
    await eventually(lambda: database.requests)
    gone.cancel()
    with pytest.raises(asyncio.CancelledError):
        await gone
    database.may_answer.set()
    await asyncio.gather(holding, staying)


async def test_a_close_leaves_nobody_waiting() -> None:
    """Who still waits when the process ends is cancelled, and not acknowledged."""
    database, tasks = Database(), Tasks()
    intake = Intake(database.add_events, tasks=tasks)
    database.may_answer.clear()
    adding = asyncio.create_task(intake.add(webhook()))
    await eventually(lambda: database.requests)
    await tasks.close()
    with pytest.raises(asyncio.CancelledError):
        await adding
