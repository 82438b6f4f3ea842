"""Probes and metrics."""

import asyncio
import time
from collections.abc import Awaitable, Callable

from aiohttp import web

from controlplane.http.bodies import Health, answer
from controlplane.telemetry.metrics import Metrics
from controlplane.use_cases.switchboard import Switchboard
from shared.process.loops import Loops

_CHECK_TIMEOUT_S = 3.0
# Probes come often and from several sides; the neighbours need not be asked every time.
_CACHE_S = 1.0

Check = Callable[[], Awaitable[object]]


class OpsRoutes:
    """`/healthz`, `/readyz`, `/metrics`."""

    def __init__(
        self, *, switchboard: Switchboard, loops: Loops, metrics: Metrics, checks: dict[str, Check]
    ) -> None:
        """Take the loops, and the neighbours to ask, by name."""
        self._switchboard = switchboard
        self._loops = loops
        self._metrics = metrics
        self._checks = checks
        self._cached: tuple[float, dict[str, str]] = (0.0, {})

    async def healthz(self, request: web.Request) -> web.Response:
        """Say that the process serves."""
        return answer(Health(status="ok"))

    async def readyz(self, request: web.Request) -> web.Response:
        """Say whether calls can be taken: no neighbour is missing, no background loop is ill.

        False first thing when draining.
        """
        if self._switchboard.draining:
            return answer(Health(status="draining"), status=503)
        problems = self._loops.problems() | await self._missing()
        if problems:
            return answer(Health(status="not ready", problems=problems), status=503)
        return answer(Health(status="ready"))

    async def metrics(self, request: web.Request) -> web.Response:
        """Render Prometheus' text format."""
        return web.Response(
            body=self._metrics.render(),
            headers={"Content-Type": "text/plain; version=0.0.4; charset=utf-8"},
        )

    async def _missing(self) -> dict[str, str]:
        at, problems = self._cached
        if time.monotonic() - at < _CACHE_S:
            return problems
        names = list(self._checks)
        results = await asyncio.gather(*(self._ask(name) for name in names))
        problems = {name: text for name, text in zip(names, results, strict=True) if text}
        self._cached = (time.monotonic(), problems)
        return problems

    async def _ask(self, name: str) -> str:
        try:
            async with asyncio.timeout(_CHECK_TIMEOUT_S):
                await self._checks[name]()
        except Exception as error:
            return str(error) if hasattr(error, "code") else type(error).__name__
        return ""
