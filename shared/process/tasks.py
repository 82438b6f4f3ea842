"""Tasks that run beside their owner, of control plane and worker alike, and end with it."""

import asyncio
import time
from collections.abc import Coroutine
from typing import Any, TypeVar

_T = TypeVar("_T")

# What was begun to be finished: a row, a request; longer than either may take is nobody waited for.
_TO_THE_END_S = 3.0


class Tasks:
    """Keeps tasks from the garbage collector while they run; cancels them when its owner closes."""

    def __init__(self) -> None:
        """Begin without any."""
        self._running: set[asyncio.Task[Any]] = set()
        self._kept: set[asyncio.Task[Any]] = set()

    def spawn(self, work: Coroutine[Any, Any, _T]) -> asyncio.Task[_T]:
        """Run it from now on."""
        task = asyncio.create_task(work)
        self._running.add(task)
        task.add_done_callback(self._running.discard)
        return task

    async def to_its_end(self, work: Coroutine[Any, Any, _T]) -> _T:
        """Await it; it goes on when its caller is cancelled, and `close` waits for it a moment.

        A shield alone would leave it to whoever closes the connections that it needs.
        """
        task = asyncio.create_task(work)
        self._kept.add(task)
        task.add_done_callback(self._kept.discard)
        return await asyncio.shield(task)

    async def drain(self, timeout_s: float) -> None:
        """Let all finish, also those that come meanwhile, for at most `timeout_s` seconds."""
        deadline = time.monotonic() + timeout_s
        while self._running and (left := deadline - time.monotonic()) > 0:
            await asyncio.wait(self._running, timeout=left)

    async def close(self) -> None:
        """Cancel what still runs and see it end; nobody hears of its errors."""
        while self._running:
            # again: what ends may have begun something else
            for task in self._running:
                task.cancel()
            await asyncio.gather(*self._running, return_exceptions=True)
        if self._kept:
            await asyncio.wait(self._kept, timeout=_TO_THE_END_S)
        for task in self._kept:
            task.cancel()
        await asyncio.gather(*self._kept, return_exceptions=True)
