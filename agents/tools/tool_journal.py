"""Writes down each call of a tool, in the background: what was asked, answered, and how fast."""

import asyncio
import logging
from collections import deque
from collections.abc import Awaitable, Callable

from agents.media.tool import ToolUse
from shared.call.errors import CallNotFound
from shared.call.ids import CallId
from shared.call.records import ToolCall
from shared.database.store import CallNotes

_log = logging.getLogger(__name__)

# The pause before the next try; the last one is repeated for as long as the call goes on.
_PAUSES_S = (0.5, 1.0, 2.0, 5.0)


class ToolJournal:
    """The uses of one call's tools, on their way to the database."""

    def __init__(self, call_id: CallId, store: Callable[[], Awaitable[CallNotes]]) -> None:
        """Take the call, and the way to the store; it may not be connected yet."""
        self._call_id, self._store = call_id, store
        self._waiting: deque[ToolCall] = deque()
        self._task: asyncio.Task[None] | None = None
        self._is_closed = False

    def keep(self, use: ToolUse) -> None:
        """Take a use; returns at once."""
        if self._is_closed:
            return
        self._waiting.append(tool_call_of(self._call_id, use))
        if self._task is None or self._task.done():
            self._task = asyncio.create_task(self._write(), name="tool-journal")

    async def close(self, within_s: float) -> None:
        """Write what is waiting, for at most so long."""
        self._is_closed = True
        if self._task is None:
            return
        await asyncio.wait({self._task}, timeout=within_s)
        self._task.cancel()
        await asyncio.gather(self._task, return_exceptions=True)
        if self._waiting:
            _log.error(
                "Calls of tools could not be written down.",
                extra={"action": "tool-calls-lost", "count": len(self._waiting)},
            )

    async def _write(self) -> None:
        attempt = 0
        while self._waiting:
            try:
                await (await self._store()).add_tool_call(self._waiting[0])
            except CallNotFound:
                # erased while it went on: so is what was said in it
                self._waiting.popleft()
            except Exception as error:
                _log.warning(
                    "A tool's call was not written down; trying again.",
                    extra={
                        "action": "tool-call-unwritten",
                        "attempt": attempt,
                        "error": type(error).__name__,
                    },
                )
                await asyncio.sleep(_PAUSES_S[min(attempt, len(_PAUSES_S) - 1)])
                attempt += 1
            else:
                self._waiting.popleft()
                attempt = 0


def tool_call_of(call_id: CallId, use: ToolUse) -> ToolCall:
    """Write the row of a use."""
    return ToolCall(
        id=ToolCall.id_of(call_id, use.call_id),
        call_id=call_id,
        name=use.name or "-",
        arguments=use.arguments,
        result=use.output,
        error=use.error,
        began_at=use.began_at,
        latency_ms=use.took_ms if use.output is not None else None,
    )
