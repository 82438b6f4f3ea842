"""`GET /metrics` beside the worker's health page, on AGENT_HEALTH_PORT."""

from typing import Any

from aiohttp import web
from livekit.agents import AgentServer

from agents.metrics import AgentMetrics


class MeteredServer(AgentServer):
    """A worker whose health page has metrics.

    The framework makes the page's server while it starts, has no public way to add a route, and
    its own page of metrics wants another port; agents are pinned to the release that has this.
    """

    metrics: AgentMetrics | None = None

    def __setattr__(self, name: str, value: Any) -> None:
        if name == "_http_server" and value is not None:
            value.app.add_routes([web.get("/metrics", self._show_metrics)])
        super().__setattr__(name, value)

    async def _show_metrics(self, _: web.Request) -> web.Response:
        metrics = self.metrics
        if metrics is None:
            raise web.HTTPNotFound
        return web.Response(
            body=metrics.render(),
            headers={"Content-Type": "text/plain; version=0.0.4; charset=utf-8"},
        )
