"""Tasks that run beside their owner, of control plane and worker alike, and end with it."""

import asyncio
import time
from collections.abc import Coroutine
from typing import Any, TypeVar

_T = TypeVar("_T")


class Tasks:
    """Keeps tasks from the garbage collector while they run; cancels them when its owner closes."""

    def __init__(self) -> None:
        """Begin without any."""
        self._running: set[asyncio.Task[Any]] = set()

    def spawn(self, work: Coroutine[Any, Any, _T]) -> asyncio.Task[_T]:
        """Run it from now on."""
        task = asyncio.create_task(work)
        self._running.add(task)
        task.add_done_callback(self._running.discard)
        return task

    async def drain(self, timeout_s: float) -> None:
        """Let all finish, also those that come meanwhile, for at most `timeout_s` seconds."""
        deadline = time.monotonic() + timeout_s
        while self._running and (left := deadline - time.monotonic()) > 0:
            await asyncio.wait(self._running, timeout=left)

    async def close(self) -> None:
        """Cancel what still runs and see it end; nobody hears of its errors."""
        for task in self._running:
            task.cancel()
        await asyncio.gather(*self._running, return_exceptions=True)
