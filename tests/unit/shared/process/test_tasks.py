"""Tasks that end with their owner, and what is begun to be finished."""

import asyncio

import pytest

from shared.process import tasks as module
from shared.process.tasks import Tasks


async def test_what_is_to_be_finished_outlives_its_caller_and_not_the_close() -> None:
    """The caller is cancelled by `close`, which then waits for what that one had begun."""
    tasks, begun, steps = Tasks(), asyncio.Event(), list[str]()

    async def write() -> None:
        begun.set()
        await asyncio.sleep(0.05)
        steps.append("written")

    async def work() -> None:
        try:
            await asyncio.Event().wait()
        finally:
            await tasks.to_its_end(write())

    task = tasks.spawn(work())
    await asyncio.sleep(0)
    await tasks.close()
    steps.append("closed")
    assert task.cancelled() or task.done()
    assert begun.is_set()
    assert steps == ["written", "closed"]


async def test_a_caller_that_is_cancelled_twice_leaves_it_running() -> None:
    """The second cancel meets the wait for what is to be finished."""
    tasks, begun, steps = Tasks(), asyncio.Event(), list[str]()

    async def write() -> None:
        begun.set()
        await asyncio.sleep(0.05)
        steps.append("written")

    task = tasks.spawn(tasks.to_its_end(write()))
    await begun.wait()
    await tasks.close()
    assert task.cancelled()
    assert steps == ["written"]


async def test_nobody_is_waited_for_endlessly(monkeypatch: pytest.MonkeyPatch) -> None:
    """What hangs is cancelled when its time is over."""
    monkeypatch.setattr(module, "_TO_THE_END_S", 0.01)
    tasks, gone = Tasks(), asyncio.Event()

    async def hang() -> None:
        try:
            await asyncio.Event().wait()
        finally:
            gone.set()

    task = tasks.spawn(tasks.to_its_end(hang()))
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    await tasks.close()
    assert task.cancelled()
    assert gone.is_set()


async def test_what_it_returns_reaches_the_caller() -> None:
    """It is awaited like any other."""

    async def seven() -> int:
        return 7

    assert await Tasks().to_its_end(seven()) == 7
