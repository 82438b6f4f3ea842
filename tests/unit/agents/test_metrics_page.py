"""The worker's `/metrics`, on the framework's own page."""

import aiohttp
from livekit.agents.utils.http_server import HttpServer

from agents.metrics import AgentMetrics
from agents.metrics_page import MeteredServer


async def test_the_health_page_has_metrics() -> None:
    """Whatever server the framework makes for its page; nothing is there without metrics."""
    server = MeteredServer(ws_url="ws://127.0.0.1:1", api_key="key", api_secret="secret")
    page = HttpServer("127.0.0.1", 0)
    server._http_server = page
    await page.start()
    try:
        async with aiohttp.ClientSession(f"http://127.0.0.1:{page.port}") as http:
            async with http.get("/metrics") as response:
                assert response.status == 404
            server.metrics = AgentMetrics()
            async with http.get("/metrics") as response:
                assert response.headers["Content-Type"].startswith("text/plain; version=0.0.4")
                assert "wacall_agent_calls 0.0" in await response.text()
    finally:
        await page.aclose()
