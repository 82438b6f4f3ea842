"""The sideband of one call: OpenAI's events in, ours out, across broken connections."""

import asyncio
import logging
from collections import deque
from collections.abc import Callable
from time import monotonic
from typing import Any

from agents.media.bridge.openai_calls import Attached, CallGone, OpenAICalls, SidebandLost

_log = logging.getLogger(__name__)

# Before it is tried again. After the last the call counts as gone.
_PAUSES_S = (0.0, 0.1, 0.3, 1.0, 2.0, 2.0, 2.0)
# what waits to be sent while there is no connection
_MOST_WAITING = 300
# a connection that breaks sooner has not been one
_LASTING_S = 2.0


class Sideband:
    """Attached to one of OpenAI's calls until it is closed, or the call is gone."""

    def __init__(
        self,
        calls: OpenAICalls,
        call_id: str,
        *,
        on_event: Callable[[dict[str, Any]], None],
        on_gone: Callable[[], None],
    ) -> None:
        """Take who is told; neither may block or raise. `on_gone` is called once, if at all."""
        self._calls, self._call_id = calls, call_id
        self._on_event, self._on_gone = on_event, on_gone
        self._attached: Attached | None = None
        self._waiting: deque[dict[str, Any]] = deque()
        self._wake = asyncio.Event()
        self.is_up = asyncio.Event()
        """Set while we are attached and OpenAI has said which session this is."""
        self.has_ended = asyncio.Event()
        """Set once the call is gone, or we have left."""
        self._task = asyncio.create_task(self._run(), name="sideband")

    def send(self, event: dict[str, Any]) -> None:
        """Send an event as soon as we are attached; returns at once."""
        if len(self._waiting) < _MOST_WAITING:
            self._waiting.append(event)
            self._wake.set()

    async def aclose(self) -> None:
        """Leave; nothing is told any more."""
        self._task.cancel()
        await asyncio.gather(self._task, return_exceptions=True)
        self.has_ended.set()

    async def _run(self) -> None:
        failures = 0
        while failures < len(_PAUSES_S):
            await asyncio.sleep(_PAUSES_S[failures])
            try:
                attached = await self._calls.attach(self._call_id)
            except CallGone:
                break
            except SidebandLost:
                failures += 1
                continue
            began = monotonic()
            await self._hold(attached)
            failures = 0 if monotonic() - began > _LASTING_S else failures + 1
            _log.warning(
                "The sideband to OpenAI's call has broken; attaching again.",
                extra={"action": "sideband-lost", "failures": failures},
            )
        self.has_ended.set()
        self._on_gone()

    async def _hold(self, attached: Attached) -> None:
        """Read and write until it breaks."""
        writing = asyncio.create_task(self._write(attached))
        try:
            while True:
                event = await attached.receive()
                self.is_up.set()
                self._on_event(event)
        except SidebandLost:
            return
        finally:
            self.is_up.clear()
            writing.cancel()
            await asyncio.gather(writing, return_exceptions=True)
            await attached.close()

    async def _write(self, attached: Attached) -> None:
        while True:
            while self._waiting:
                try:
                    await attached.send(self._waiting[0])
                except SidebandLost:
                    return  # the reading side notices; it waits for the next connection
                self._waiting.popleft()
            self._wake.clear()
            await self._wake.wait()
