"""One control plane per test: real SFU, real database, simulated Meta, a puppet for an agent."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass

import aiohttp
import pytest
import pytest_asyncio
from aiohttp import web

from controlplane.app import PARTS, ControlPlane, make_runner, running
from controlplane.settings import Settings
from shared.call.call import Call
from shared.database.supabase import SupabaseStore
from simulators.meta.calls.user_call import SimulatedCall
from simulators.meta.people.call_plan import Timing
from simulators.meta.whatsapp import WhatsAppSimulator
from tests.component.puppet import PuppetAgents
from tests.row_waits import POLL_S, RowWaits
from wacall.environment import free_port
from wacall.stack.database import LocalSupabase
from wacall.stack.sfu import EmbeddedSfu, SfuPorts

APP_SECRET = "test-app-secret"
ACCESS_TOKEN = "EAAtest-access-token"
VERIFY_TOKEN = "test-verify-token"
OPERATOR_KEY = "test-operator-key"
CONTROLPLANE_PORT = free_port()


@pytest_asyncio.fixture(scope="session")
async def sfu_with_webhook(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[EmbeddedSfu]:
    """A livekit-server that reports to where the tests' control planes listen."""
    server = EmbeddedSfu(
        data_dir=tmp_path_factory.mktemp("component"),
        ports=SfuPorts(),
        webhook_url=f"http://127.0.0.1:{CONTROLPLANE_PORT}/livekit/webhook",
    )
    await server.start()
    yield server
    await server.stop()


@pytest_asyncio.fixture
async def whatsapp() -> AsyncIterator[WhatsAppSimulator]:
    """Meta, with short retries."""
    async with WhatsAppSimulator(
        app_secret=APP_SECRET,
        access_token=ACCESS_TOKEN,
        webhook_url=f"http://127.0.0.1:{CONTROLPLANE_PORT}/wa/webhook",
        timing=Timing(ring_s=30, retry_delays_s=(0.2, 0.5, 1.0, 2.0), linger_s=0.7),
    ) as simulator:
        yield simulator


@pytest_asyncio.fixture
async def puppets(
    sfu_with_webhook: EmbeddedSfu, store: SupabaseStore
) -> AsyncIterator[PuppetAgents]:
    """Agents that come into every call's room."""
    async with PuppetAgents(
        url=sfu_with_webhook.http_url,
        api_key=sfu_with_webhook.keys.key,
        api_secret=sfu_with_webhook.keys.secret,
        store=store,
    ) as agents:
        yield agents


StartControlPlane = Callable[..., Awaitable[ControlPlane]]


@pytest.fixture
def neighbours(
    sfu_with_webhook: EmbeddedSfu, database: LocalSupabase, whatsapp: WhatsAppSimulator
) -> dict[str, str]:
    """The variables that name all neighbours but OpenAI, and their keys."""
    return {
        "WA_VERIFY_TOKEN": VERIFY_TOKEN,
        "WA_APP_SECRET": APP_SECRET,
        "WA_ACCESS_TOKEN": ACCESS_TOKEN,
        "WA_PHONE_NUMBER_ID": whatsapp.line.phone_number_id,
        "WA_GRAPH_BASE_URL": whatsapp.graph_url,
        "LIVEKIT_URL": sfu_with_webhook.url,
        "LIVEKIT_API_KEY": sfu_with_webhook.keys.key,
        "LIVEKIT_API_SECRET": sfu_with_webhook.keys.secret,
        "SUPABASE_URL": database.url,
        "SUPABASE_SECRET_KEY": database.secret_key,
        "CONTROLPLANE_API_KEY": OPERATOR_KEY,
    }


@pytest_asyncio.fixture
async def start_controlplane(neighbours: dict[str, str]) -> AsyncIterator[StartControlPlane]:
    """Start a control plane with the given variables over the usual ones."""
    async with contextlib.AsyncExitStack() as stack:

        async def start(**variables: str) -> ControlPlane:
            environ = {
                "HOST": "127.0.0.1",
                "PORT": str(CONTROLPLANE_PORT),
                **neighbours,
                "AGENT_READY_TIMEOUT_S": "5",
                "GRAPH_TIMEOUT_S": "2",
                "SWEEP_INTERVAL_S": "0.2",
                "RECONCILE_INTERVAL_S": "0.5",
                **variables,
            }
            settings = Settings.from_env(environ)
            app = await stack.enter_async_context(running(settings))
            runner = make_runner(app)
            await runner.setup()
            stack.push_async_callback(runner.cleanup)
            await web.TCPSite(runner, settings.host, settings.port).start()
            return app[PARTS]

        yield start


@dataclass(frozen=True, slots=True, kw_only=True)
class Bench(RowWaits):
    """Everything that a story needs, and the questions that it asks."""

    plane: ControlPlane
    whatsapp: WhatsAppSimulator
    agents: PuppetAgents
    store: SupabaseStore
    database: LocalSupabase

    async def until_released(self, call: SimulatedCall, deadline_s: float = 12) -> Call:
        """Wait until the call has ended and left nothing behind, and check that it has not."""
        row = await self.until(call, lambda found: found.released_at is not None, deadline_s)
        assert row.room not in await self.plane.rooms.rooms()
        return row

    async def outcomes(self, kind: str) -> list[str]:
        """What became of the stored events of a kind, oldest first."""
        found = await self.database.execute(
            "select coalesce(outcome, 'none') from call_events "
            f"where kind = '{kind}' order by received_at, id"
        )
        return found.split()

    async def until_settled(self, kind: str, count: int, deadline_s: float = 12) -> list[str]:
        """Wait until so many events of a kind have an outcome."""
        outcomes: list[str] = []
        try:
            async with asyncio.timeout(deadline_s):
                while True:
                    outcomes = await self.outcomes(kind)
                    if len(outcomes) >= count and "none" not in outcomes:
                        return sorted(outcomes)
                    await asyncio.sleep(POLL_S)
        except TimeoutError:
            pytest.fail(f"{kind}: after {deadline_s} s these outcomes: {outcomes}")


@pytest_asyncio.fixture
async def make_bench(
    start_controlplane: StartControlPlane,
    whatsapp: WhatsAppSimulator,
    puppets: PuppetAgents,
    store: SupabaseStore,
    database: LocalSupabase,
) -> Callable[..., Awaitable[Bench]]:
    """Make the bench with settings of the test's own."""

    async def make(**variables: str) -> Bench:
        return Bench(
            plane=await start_controlplane(**variables),
            whatsapp=whatsapp,
            agents=puppets,
            store=store,
            database=database,
        )

    return make


@pytest_asyncio.fixture
async def bench(make_bench: Callable[..., Awaitable[Bench]]) -> Bench:
    """The bench with the usual settings."""
    return await make_bench()


@pytest_asyncio.fixture
async def http() -> AsyncIterator[aiohttp.ClientSession]:
    """An HTTP client with the control plane as its base."""
    async with aiohttp.ClientSession(
        f"http://127.0.0.1:{CONTROLPLANE_PORT}", timeout=aiohttp.ClientTimeout(total=10)
    ) as session:
        yield session


def actions(call: SimulatedCall) -> list[str]:
    """Graph actions of the call that Meta took, in order."""
    return [request.action for request in call.requests if request.status == 200]
