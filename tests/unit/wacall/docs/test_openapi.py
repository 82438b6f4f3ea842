"""docs/openapi.yaml is valid OpenAPI, and has the routes that the control plane has."""

from collections.abc import AsyncIterator

import aiohttp
import openapi_spec_validator
import pytest
import pytest_asyncio
import yaml
from aiohttp import web

from controlplane.app import ControlPlane, make_app
from controlplane.database_way import make_client_watch
from controlplane.http import bodies, call_bodies
from controlplane.settings import Settings
from controlplane.telemetry.metrics import Metrics
from shared.database.rest import RestClient
from tests.paths import ROOT
from wacall.docs.openapi import document, schemas
from wacall.docs.routes import ROUTES, Who

# nobody listens there, and nobody is asked
NOWHERE = "http://127.0.0.1:9"


@pytest_asyncio.fixture
async def app() -> AsyncIterator[web.Application]:
    """The control plane, wired and not started."""
    settings = Settings.from_env(
        {
            "WA_VERIFY_TOKEN": "token",
            "WA_APP_SECRET": "secret",
            "WA_ACCESS_TOKEN": "token",
            "WA_PHONE_NUMBER_ID": "1",
            "LIVEKIT_URL": NOWHERE,
            "LIVEKIT_API_KEY": "key",
            "LIVEKIT_API_SECRET": "secret-of-thirty-two-characters-.",
            "SUPABASE_URL": NOWHERE,
            "SUPABASE_SECRET_KEY": "key",
        }
    )
    rest = await RestClient.connect(NOWHERE, "key")
    async with aiohttp.ClientSession() as http:
        yield make_app(
            ControlPlane(
                settings,
                http,
                rest,
                metrics=Metrics(),
                client_watch=make_client_watch(settings),
            )
        )
    await rest.close()


def test_the_document_is_valid() -> None:
    """By the judgement of a validator that is not ours, over the file as it is."""
    written = yaml.safe_load((ROOT / "docs" / "openapi.yaml").read_text("utf-8"))
    assert written == document()
    assert written["openapi"].startswith("3.1.")
    openapi_spec_validator.validate(written)


async def test_the_routes_are_the_apps(app: web.Application) -> None:
    """None is missing on either side, and each is guarded as the page says."""
    served = {
        (route.method, route.resource.canonical): "operators_only" in route.handler.__qualname__
        for route in app.router.routes()
        if route.method != "HEAD"
        and route.resource is not None
        # what the pages alone ask for is theirs to change
        and not route.resource.canonical.startswith("/dashboard")
    }
    told = {(route.method, route.path): route.who is Who.OPERATOR for route in ROUTES}
    assert served == told
    assert len(served) >= 15


def test_every_body_is_on_the_page() -> None:
    """A class that no route names would be told to nobody."""
    own = {
        name
        for module in (bodies, call_bodies)
        for name, one in vars(module).items()
        if isinstance(one, type) and one.__module__ == module.__name__ and name[0] != "_"
    }
    assert own <= set(schemas())


@pytest.mark.parametrize("name", [route.name for route in ROUTES])
def test_each_operation_has_a_name_of_its_own(name: str) -> None:
    """Generated clients make a method of it."""
    assert [route.name for route in ROUTES].count(name) == 1
    assert name.isidentifier()
