"""Loops that must not die: every turn is guarded and counted, and a loop that hangs is seen.

A turn that fails is logged and counted, and the next one tries again: what it failed at is a
neighbour, which has a check of its own. A loop itself is ill when a turn does not come to its end,
or when the loop has; both are `problems`, for whoever asks whether the process is well.
"""

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from shared.process.logs import without_text
from shared.process.tasks import Tasks

_log = logging.getLogger(__name__)

# Everything that a turn waits for has a limit of seconds; with several calls at once, and all
# neighbours silent, these add up. A turn that takes longer than this hangs.
_PATIENCE_S = 300.0

ObserveTurn = Callable[[str, bool], None]
"""Called after each turn: the loop's name, and whether the turn went well."""


@dataclass(slots=True, kw_only=True)
class Loop:
    """What is known of one loop; times are monotonic, in seconds."""

    name: str
    patience_s: float
    due_at: float
    """When the turn that is awaited, or under way, was to begin."""
    is_dead: bool = False

    def problem(self, now: float) -> str:
        """Say what is wrong with it; empty if nothing is."""
        if self.is_dead:
            return "This background loop has died; restart the process."
        late_s = now - self.due_at
        if late_s > self.patience_s:
            return f"A turn of this background loop is {late_s:.0f} s late; restart the process."
        return ""


class Loops:
    """The loops of one process."""

    def __init__(self, *, observe: ObserveTurn, expected: type[Exception]) -> None:
        """Take who counts, and the errors of which a turn may fail without being wrong itself."""
        self._observe = observe
        self._expected = expected
        self._loops: list[Loop] = []
        self._tasks = Tasks()
        self._closing = False

    def every(
        self,
        interval_s: float | Callable[[], float],
        work: Callable[[], Awaitable[object]],
        *,
        name: str,
        patience_s: float = _PATIENCE_S,
    ) -> None:
        """Do the work now and then: a pause of `interval_s` seconds, a turn, and so on.

        A callable is asked for each pause. `name` is a constant: it becomes a metric's label.
        """
        pause = interval_s if callable(interval_s) else lambda: interval_s
        loop = Loop(name=name, patience_s=patience_s, due_at=time.monotonic())
        self._loops.append(loop)
        task = self._tasks.spawn(self._run(loop, pause, work))
        task.add_done_callback(lambda done: self._ended(loop, done))

    def problems(self) -> dict[str, str]:
        """Say what is wrong with which loop."""
        now = time.monotonic()
        return {loop.name: text for loop in self._loops if (text := loop.problem(now))}

    async def close(self) -> None:
        """Stop all loops, in the middle of a turn if need be."""
        self._closing = True
        await self._tasks.close()

    async def _run(
        self, loop: Loop, pause: Callable[[], float], work: Callable[[], Awaitable[object]]
    ) -> None:
        while True:
            pause_s = pause()
            loop.due_at = time.monotonic() + pause_s
            await asyncio.sleep(pause_s)
            self._observe(loop.name, await self._turn(loop.name, work))

    async def _turn(self, name: str, work: Callable[[], Awaitable[object]]) -> bool:
        try:
            await work()
        except Exception as error:
            is_ours = not isinstance(error, self._expected)
            _log.log(
                logging.ERROR if is_ours else logging.WARNING,
                "A turn of a background loop failed; the next one tries again.",
                extra={"action": "loop-failed", "loop": name, "error": type(error).__name__},
                exc_info=without_text(error) if is_ours else None,
            )
            return False
        return True

    def _ended(self, loop: Loop, task: asyncio.Task[None]) -> None:
        if self._closing:
            return
        loop.is_dead = True
        error = None if task.cancelled() else task.exception()
        _log.critical(
            "A background loop has died; the process is not ready any more.",
            extra={
                "action": "loop-died",
                "loop": loop.name,
                "error": type(error).__name__ if error is not None else "cancelled",
            },
        )
