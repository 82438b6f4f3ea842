"""Which routes are on which port."""

from collections.abc import AsyncIterator, Awaitable, Callable

import aiohttp
import pytest_asyncio
from aiohttp import web

from controlplane.app import ControlPlane, make_app, make_operator_app
from controlplane.database_way import make_client_watch
from controlplane.settings import Settings
from controlplane.telemetry.metrics import Metrics
from shared.database.rest import RestClient
from tests.data.environment import LEAST

WEBHOOKS = {
    ("GET", "/wa/webhook"), ("POST", "/wa/webhook"), ("POST", "/livekit/webhook"),
}  # fmt: skip
MakePlane = Callable[..., Awaitable[ControlPlane]]


@pytest_asyncio.fixture
async def make_plane() -> AsyncIterator[MakePlane]:
    """A control plane, wired and not started; nobody is asked."""
    rest = await RestClient.connect("http://127.0.0.1:9", "key")
    async with aiohttp.ClientSession() as http:

        async def make(**variables: str) -> ControlPlane:
            settings = Settings.from_env({**LEAST, **variables})
            watch = make_client_watch(settings)
            return ControlPlane(settings, http, rest, metrics=Metrics(), client_watch=watch)

        yield make
    await rest.close()


def routes(app: web.Application) -> set[tuple[str, str]]:
    """Method and path of each."""
    return {
        (route.method, route.resource.canonical)
        for route in app.router.routes()
        if route.resource is not None and route.method != "HEAD"
    }


async def test_one_port_has_every_route(make_plane: MakePlane) -> None:
    """Without OPERATOR_PORT nothing is elsewhere."""
    found = routes(make_app(await make_plane()))
    assert found > WEBHOOKS
    assert {("GET", "/calls"), ("GET", "/metrics"), ("GET", "/readyz")} < found


async def test_a_second_port_takes_all_but_the_webhooks(make_plane: MakePlane) -> None:
    """What the internet reaches is what is signed; together they are the same routes."""
    plane = await make_plane(OPERATOR_PORT="4001")
    public, private = routes(make_app(plane)), routes(make_operator_app(plane))
    assert public == WEBHOOKS
    assert not private & WEBHOOKS
    assert public | private == routes(make_app(await make_plane()))
