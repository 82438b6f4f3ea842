"""Keeps one child of the stack running: starts it, says when it died, starts it again."""

import asyncio
import time
from collections.abc import Awaitable, Callable

from wacall.stack.processes import Child, ChildFailed

Report = Callable[[str], None]
"""Takes a sentence for the operator."""

FIRST_PAUSE_S = 0.5
LONGEST_PAUSE_S = 30.0
# a child that dies more often than this will not get better by itself
DEATHS_ALLOWED = 5
DEATHS_WITHIN_S = 120.0


class Keeper:
    """One child, and its successors."""

    def __init__(
        self,
        name: str,
        start: Callable[[], Awaitable[Child]],
        *,
        report: Report,
        restarts: bool,
        on_death: Callable[[], None] | None = None,
        last_words_s: float = 0,
    ) -> None:
        """Say how it is kept; nothing is started yet.

        `start` starts the child and returns when it is ready, or raises `ChildFailed`; `report` is
        told of each death but the last one, and of each return. `on_death` is called as soon as a
        child that was ready is dead, for what cannot live without it. What is left of its process
        group is killed `last_words_s` seconds later.
        """
        self.name = name
        self._start = start
        self._report = report
        self._on_death = on_death
        self._last_words_s = last_words_s
        self._allowed = DEATHS_ALLOWED if restarts else 0
        self._child: Child | None = None
        self._task: asyncio.Task[None] | None = None

    @property
    def child(self) -> Child:
        """The child that runs now, or ran last."""
        if self._child is None:
            raise RuntimeError(f"{self.name} was never started")
        return self._child

    @property
    def is_up(self) -> bool:
        """Whether the child has got ready for the first time."""
        return self._child is not None

    async def start(self) -> None:
        """Start the child for the first time; from then on it is watched.

        Raises:
            ChildFailed: it did not get ready.
        """
        self._child = await self._start()
        self._task = asyncio.create_task(self._keep(), name=f"keeper of {self.name}")

    async def given_up(self) -> ChildFailed:
        """Return when the child is dead for good, with the reason."""
        if self._task is None:
            raise RuntimeError(f"{self.name} was never started")
        try:
            await asyncio.shield(self._task)
        except ChildFailed as failure:
            return failure
        raise RuntimeError(f"the keeper of {self.name} ended without a reason")

    async def forget(self) -> None:
        """Stop watching; the child goes on."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.wait([self._task])
            if not self._task.cancelled():
                # a failure that nobody asked for
                self._task.exception()

    async def stop(self, *, grace_s: float) -> None:
        """Stop watching, then stop the child."""
        await self.forget()
        if self._child is not None:
            await self._child.stop(grace_s=grace_s)

    def kill(self) -> None:
        """Kill the child at once and do not start another."""
        if self._task is not None:
            self._task.cancel()
        if self._child is not None:
            self._child.kill()

    async def _keep(self) -> None:
        deaths: list[float] = []
        while True:
            failure = await self.child.obituary()
            if self._on_death is not None:
                self._on_death()
            await asyncio.sleep(self._last_words_s)
            # what is left of its process group would stand in its successor's way
            self.child.kill()
            while True:
                now = time.monotonic()
                deaths = [at for at in deaths if now - at < DEATHS_WITHIN_S] + [now]
                if len(deaths) > self._allowed:
                    raise failure
                pause = min(FIRST_PAUSE_S * 2 ** (len(deaths) - 1), LONGEST_PAUSE_S)
                self._report(f"{failure} Starting it again in {pause:g} s.")
                await asyncio.sleep(pause)
                try:
                    self._child = await self._start()
                except ChildFailed as again:
                    failure = again
                else:
                    self._report(f"{self.name} runs again.")
                    break
