"""Probes and metrics."""

from collections.abc import Callable

from aiohttp import web

from controlplane.http.bodies import Health
from controlplane.http.body import answer
from controlplane.http.readiness import Readiness
from controlplane.telemetry.metrics import Metrics
from controlplane.use_cases.switchboard import Switchboard
from shared.process.loops import Loops

Problems = Callable[[], dict[str, str]]
"""Says what is wrong, by what it is wrong with; empty if nothing is."""


class OpsRoutes:
    """`/healthz`, `/readyz`, `/metrics`."""

    def __init__(
        self,
        *,
        switchboard: Switchboard,
        loops: Loops,
        metrics: Metrics,
        ills: Problems,
        readiness: Readiness,
        shared_problems: Problems,
    ) -> None:
        """Take the loops, what only a restart heals (`ills`), and who asks the neighbours.

        `shared_problems` are those that every replica has alike.
        """
        self._switchboard = switchboard
        self._loops = loops
        self._metrics = metrics
        self._ills = ills
        self._readiness = readiness
        self._shared_problems = shared_problems

    async def healthz(self, request: web.Request) -> web.Response:
        """Say whether the process serves, or has to be replaced.

        No neighbour's absence is a reason: a restart would not bring it back.
        """
        if ills := self._ills():
            return answer(Health(status="ill", problems=ills), status=503)
        return answer(Health(status="ok"))

    async def readyz(self, request: web.Request) -> web.Response:
        """Say whether calls can be taken: no neighbour is missing, no background loop is ill.

        False first thing when draining. What is wrong and would not get better if others took the
        requests, such as Graph being silent, is a problem but leaves it ready.
        """
        if self._switchboard.draining:
            return answer(Health(status="draining"), status=503)
        problems = self._loops.problems() | self._ills() | await self._readiness.problems()
        if problems:
            return answer(Health(status="not ready", problems=problems), status=503)
        if shared := self._shared_problems():
            return answer(Health(status="ready", problems=shared))
        return answer(Health(status="ready"))

    async def metrics(self, request: web.Request) -> web.Response:
        """Render Prometheus' text format; which loops are ill is asked as it is."""
        self._metrics.loops_ill(self._loops.problems())
        return web.Response(
            body=self._metrics.render(),
            headers={"Content-Type": "text/plain; version=0.0.4; charset=utf-8"},
        )
