"""The events that this process is working on, by call: what depends on one can find it.

It keeps tasks, never the truth about a call: another replica may be working on the same one.
"""

import asyncio
from collections.abc import Coroutine
from typing import Any

from controlplane.meta.events import WebhookEvent
from shared.call.ids import WhatsAppCallId
from shared.process.tasks import Tasks

# How long one event of a call waits for another one, whatever that one is waiting for.
_PATIENCE_S = 2.0

_Key = tuple[type[WebhookEvent], WhatsAppCallId | None]


class InFlight:
    """Work on events under way, found by the event's type and Meta's id of the call."""

    def __init__(self, tasks: Tasks, *, patience_s: float = _PATIENCE_S) -> None:
        """Take the tasks' keeper, and for how many seconds to wait for one of them."""
        self._tasks = tasks
        self._patience_s = patience_s
        self._running: dict[_Key, set[asyncio.Task[None]]] = {}

    def spawn(self, event: WebhookEvent, work: Coroutine[Any, Any, None]) -> asyncio.Task[None]:
        """Begin the work on an event, in a task of its own."""
        key = (type(event), event.wacid)
        task = self._tasks.spawn(work)
        self._running.setdefault(key, set()).add(task)
        task.add_done_callback(lambda done: self._forget(key, done))
        return task

    async def wait_for(self, kind: type[WebhookEvent], wacid: WhatsAppCallId) -> None:
        """Let the call's events of that type that came first be worked on; waits within bounds."""
        running = self._running.get((kind, wacid))
        if running:
            await asyncio.wait(set(running), timeout=self._patience_s)

    async def cancel(self, kind: type[WebhookEvent], wacid: WhatsAppCallId) -> None:
        """Stop the work on the call's events of that type, and see it end, within bounds."""
        for task in self._running.get((kind, wacid), ()):
            task.cancel()
        await self.wait_for(kind, wacid)

    def _forget(self, key: _Key, done: asyncio.Task[None]) -> None:
        running = self._running[key]
        running.discard(done)
        if not running:
            del self._running[key]
