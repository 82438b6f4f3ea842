"""How a process is told to end: the first signal asks it to drain, the second one to stop."""

import asyncio
import signal
from collections.abc import Coroutine
from typing import Any


class Signals:
    """SIGTERM and SIGINT, heard from now on until the event loop closes."""

    def __init__(self) -> None:
        """Begin to hear; needs the running loop of the main thread."""
        loop = asyncio.get_running_loop()
        self._first: asyncio.Future[signal.Signals] = loop.create_future()
        self._second: asyncio.Future[signal.Signals] = loop.create_future()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, self._take, number)

    async def to_drain(self, *, or_end_of: asyncio.Task[Any] | None = None) -> bool:
        """Wait for the first signal; `False` if the task had ended before it came."""
        return await _before(self._first, or_end_of) is not None

    async def to_stop(self, *, or_end_of: asyncio.Task[Any]) -> signal.Signals | None:
        """Wait for the second signal and return it; `None` if the task had ended before."""
        return await _before(self._second, or_end_of)

    async def drain(self, work: Coroutine[Any, Any, None]) -> None:
        """Drain until that is done; the second signal cuts it short.

        Raises:
            Exception: what the drain raises.
        """
        draining = asyncio.create_task(work)
        if await self.to_stop(or_end_of=draining) is not None:
            draining.cancel()
        await asyncio.wait({draining})
        if not draining.cancelled():
            draining.result()

    def _take(self, number: signal.Signals) -> None:
        for heard in (self._first, self._second):
            if not heard.done():
                heard.set_result(number)
                return


async def _before(
    heard: asyncio.Future[signal.Signals], task: asyncio.Task[Any] | None
) -> signal.Signals | None:
    """Wait for the first of the two; what has ended by then counts more than a signal."""
    awaited: set[asyncio.Future[Any]] = {heard} if task is None else {heard, task}
    await asyncio.wait(awaited, return_when=asyncio.FIRST_COMPLETED)
    return None if task is not None and task.done() else heard.result()
