"""The first signal drains, the second one stops; with real signals to this very process."""

import asyncio
import os
import signal
from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from shared.process.signals import Signals

LONG_S = 30.0


@pytest_asyncio.fixture
async def signals() -> AsyncIterator[Signals]:
    """Heard by the test alone."""
    heard = Signals()
    yield heard
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().remove_signal_handler(number)


class Drain:
    """A drain that is over when the test says so."""

    def __init__(self) -> None:
        """Not begun."""
        self.began, self.may_end = asyncio.Event(), asyncio.Event()
        self.was_cut_short = False

    async def run(self) -> None:
        """Drain."""
        self.began.set()
        try:
            await self.may_end.wait()
        except asyncio.CancelledError:
            self.was_cut_short = True
            raise


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
async def test_the_first_signal_asks_to_drain(signals: Signals, number: signal.Signals) -> None:
    """Whoever sends it, a supervisor or somebody at a keyboard."""
    waiting = asyncio.create_task(signals.to_drain())
    await asyncio.sleep(0)
    assert not waiting.done()
    os.kill(os.getpid(), number)
    async with asyncio.timeout(LONG_S):
        assert await waiting


async def test_a_drain_runs_to_its_end(signals: Signals) -> None:
    """As long as nobody insists."""
    os.kill(os.getpid(), signal.SIGTERM)
    drain = Drain()
    async with asyncio.timeout(LONG_S):
        await signals.to_drain()
        draining = asyncio.create_task(signals.drain(drain.run()))
        await drain.began.wait()
        drain.may_end.set()
        await draining
    assert not drain.was_cut_short


async def test_the_second_signal_cuts_the_drain_short(signals: Signals) -> None:
    """Nothing is raised for it: it was asked for."""
    os.kill(os.getpid(), signal.SIGTERM)
    drain = Drain()
    async with asyncio.timeout(LONG_S):
        await signals.to_drain()
        draining = asyncio.create_task(signals.drain(drain.run()))
        await drain.began.wait()
        os.kill(os.getpid(), signal.SIGINT)
        await draining
    assert drain.was_cut_short


async def test_what_a_drain_raises_is_told(signals: Signals) -> None:
    """Such as that it took too long."""

    async def too_long() -> None:
        raise TimeoutError

    with pytest.raises(TimeoutError):
        await signals.drain(too_long())


async def test_what_ends_by_itself_needs_no_signal(signals: Signals) -> None:
    """Neither to drain nor to stop; and its end counts more than a signal at the same moment."""
    ended = asyncio.create_task(asyncio.sleep(0))
    async with asyncio.timeout(LONG_S):
        assert not await signals.to_drain(or_end_of=ended)
        assert await signals.to_stop(or_end_of=ended) is None
        os.kill(os.getpid(), signal.SIGTERM)
        assert await signals.to_drain()
        assert not await signals.to_drain(or_end_of=ended)


async def test_who_insists_is_told_apart(signals: Signals) -> None:
    """An exit status tells of the signal that stopped the process, the second one."""
    os.kill(os.getpid(), signal.SIGTERM)
    stuck = asyncio.create_task(asyncio.Event().wait())
    async with asyncio.timeout(LONG_S):
        await signals.to_drain(or_end_of=stuck)
        os.kill(os.getpid(), signal.SIGINT)
        assert await signals.to_stop(or_end_of=stuck) is signal.SIGINT
    stuck.cancel()
