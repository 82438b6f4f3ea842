"""Ask the neighbours whether they are there, once for all who want to know."""

import asyncio
import time
from collections.abc import Awaitable, Callable, Mapping

from shared.process.tasks import Tasks

_CHECK_TIMEOUT_S = 3.0
# Probes come often and from several sides; the neighbours need not be asked every time.
_CACHE_S = 1.0

Check = Callable[[], Awaitable[object]]


class Readiness:
    """One question at a time, at most one a second, however many ask.

    The question is nobody's: it runs in a task of its own, and who stops waiting for it cancels
    nothing.
    """

    def __init__(
        self,
        checks: Mapping[str, Check],
        *,
        within_s: float = _CHECK_TIMEOUT_S,
        fresh_s: float = _CACHE_S,
    ) -> None:
        """Take what to ask, by the neighbour's name, and for how long an answer is good."""
        self._checks = checks
        self._within_s = within_s
        self._fresh_s = fresh_s
        self._tasks = Tasks()
        self._asking: asyncio.Task[dict[str, str]] | None = None
        self._fresh_until = 0.0

    async def problems(self) -> dict[str, str]:
        """Say which neighbours are missing, as of a second ago at most."""
        asking = self._asking
        if asking is None or (asking.done() and time.monotonic() >= self._fresh_until):
            asking = self._asking = self._tasks.spawn(self._ask_all())
        return await asyncio.shield(asking)

    async def close(self) -> None:
        """Stop asking."""
        await self._tasks.close()

    async def _ask_all(self) -> dict[str, str]:
        names = list(self._checks)
        results = await asyncio.gather(*(self._ask(name) for name in names))
        self._fresh_until = time.monotonic() + self._fresh_s
        return {name: text for name, text in zip(names, results, strict=True) if text}

    async def _ask(self, name: str) -> str:
        try:
            async with asyncio.timeout(self._within_s):
                await self._checks[name]()
        except Exception as error:
            return str(error) if hasattr(error, "code") else type(error).__name__
        return ""
