"""OPERATOR_PORT: operators, probes and metrics have a port of their own."""

import socket

import aiohttp
import pytest

from controlplane.__main__ import listening
from controlplane.app import running
from controlplane.http.door import NotServed
from controlplane.settings import Settings
from tests.component.bench import OPERATOR_KEY
from wacall.environment import free_port
from wacall.operators.client import ask


async def test_the_public_port_knows_the_webhooks_alone(
    neighbours: dict[str, str], controlplane_port: int
) -> None:
    """The probes, the metrics and the commands find the other one; strangers find nothing."""
    own = free_port()
    environ = {**neighbours, "PORT": str(controlplane_port), "OPERATOR_PORT": str(own)}
    settings = Settings.from_env(environ)
    key = {"Authorization": f"Bearer {OPERATOR_KEY}"}
    async with running(settings) as app, listening(settings, app), aiohttp.ClientSession() as http:

        async def status(port: int, path: str, method: str = "GET") -> int:
            url = f"http://127.0.0.1:{port}{path}"
            async with http.request(method, url, headers=key) as response:
                return response.status

        for path in ("/calls", "/consents", "/metrics", "/healthz", "/readyz"):
            assert (await status(controlplane_port, path), await status(own, path)) == (404, 200)
        for path in ("/wa/webhook", "/livekit/webhook"):
            assert await status(controlplane_port, path, "POST") == 401
            assert await status(own, path, "POST") == 404
        assert (await ask(environ, "GET", "/calls"))["calls"] == []


async def test_a_taken_operator_port_is_named(
    neighbours: dict[str, str], controlplane_port: int
) -> None:
    """By its own variable, and nothing is served meanwhile."""
    with socket.create_server(("127.0.0.1", 0)) as other:
        taken = str(other.getsockname()[1])
        settings = Settings.from_env(
            {**neighbours, "PORT": str(controlplane_port), "OPERATOR_PORT": taken}
        )
        async with running(settings) as app:
            with pytest.raises(NotServed, match=f"^Port {taken} is taken.*set OPERATOR_PORT"):
                async with listening(settings, app):
                    pytest.fail("it was served")
