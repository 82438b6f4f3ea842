"""One control plane per test: real SFU, real database, simulated Meta, a puppet for an agent."""

import contextlib
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import aiohttp
import pytest
import pytest_asyncio
from aiohttp import web

from controlplane.app import PARTS, ControlPlane, door_limits, make_runner, running
from controlplane.http.door import DoorSite
from controlplane.settings import Settings
from controlplane.use_cases.meta_clock import WallClock, wall_clock
from shared.call.records import EventOutcome, EventRecord, EventSource
from shared.database.supabase import SupabaseStore
from simulators.meta.people.call_plan import Timing
from simulators.meta.people.person import Person
from simulators.meta.webhooks.calls import Caller
from simulators.meta.whatsapp import WhatsAppSimulator
from tests.component.bench import (
    ACCESS_TOKEN,
    APP_SECRET,
    OPERATOR_KEY,
    VERIFY_TOKEN,
    Bench,
    MakeBench,
    StartControlPlane,
)
from tests.component.ledger import BOB_DIGITS, LINE
from tests.component.outbound import Place
from tests.component.puppet import PuppetAgents
from tests.replicas import Balancer
from tests.serving import serving
from wacall.environment import free_port
from wacall.stack.bridge import EmbeddedBridge
from wacall.stack.database import LocalSupabase
from wacall.stack.sfu import EmbeddedSfu, SfuPorts


@pytest.fixture(scope="session")
def controlplane_port() -> int:
    """Where the tests' control planes listen, one after the other."""
    return free_port()


@pytest_asyncio.fixture(scope="session")
async def sfu_with_webhook(
    tmp_path_factory: pytest.TempPathFactory, controlplane_port: int
) -> AsyncIterator[EmbeddedSfu]:
    """A livekit-server that reports to where the tests' control planes listen."""
    server = EmbeddedSfu(
        data_dir=tmp_path_factory.mktemp("component"),
        ports=SfuPorts(),
        webhook_url=f"http://127.0.0.1:{controlplane_port}/livekit/webhook",
    )
    await server.start()
    yield server
    await server.stop()


@pytest_asyncio.fixture
async def whatsapp(controlplane_port: int) -> AsyncIterator[WhatsAppSimulator]:
    """Meta, with short retries."""
    async with WhatsAppSimulator(
        app_secret=APP_SECRET,
        access_token=ACCESS_TOKEN,
        webhook_url=f"http://127.0.0.1:{controlplane_port}/wa/webhook",
        timing=Timing(ring_s=30, retry_delays_s=(0.2, 0.5, 1.0, 2.0), linger_s=0.7),
    ) as simulator:
        yield simulator


@pytest_asyncio.fixture(scope="session")
async def puppets_of_all_tests(
    sfu_with_webhook: EmbeddedSfu, store_client: SupabaseStore
) -> AsyncIterator[PuppetAgents]:
    """The agents' process, which takes longer to start than most tests take."""
    agents = PuppetAgents(
        url=sfu_with_webhook.http_url,
        api_key=sfu_with_webhook.keys.key,
        api_secret=sfu_with_webhook.keys.secret,
        store=store_client,
    )
    yield agents
    await agents.close()


@pytest_asyncio.fixture
async def puppets(
    puppets_of_all_tests: PuppetAgents, store: SupabaseStore
) -> AsyncIterator[PuppetAgents]:
    """Agents that come into every call's room."""
    async with puppets_of_all_tests.for_one_test() as agents:
        yield agents


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
async def start_controlplane(
    neighbours: dict[str, str], controlplane_port: int
) -> AsyncIterator[StartControlPlane]:
    """Start a control plane with the given variables over the usual ones."""
    async with contextlib.AsyncExitStack() as stack:

        async def start(*, wall: WallClock = wall_clock, **variables: str) -> ControlPlane:
            environ = {
                "HOST": "127.0.0.1",
                "PORT": str(controlplane_port),
                **neighbours,
                "AGENT_READY_TIMEOUT_S": "10",
                "GRAPH_TIMEOUT_S": "2",
                "SWEEP_INTERVAL_S": "0.5",
                "RECONCILE_INTERVAL_S": "0.5",
                # most calls of these tests are missed on purpose
                "MISSED_CALL_TEXT": "none",
                **variables,
            }
            settings = Settings.from_env(environ)
            app = await stack.enter_async_context(
                running(settings, environ=lambda: environ, wall=wall)
            )
            runner = make_runner(app)
            await runner.setup()
            stack.push_async_callback(runner.cleanup)
            await DoorSite(runner, settings.host, settings.port, door_limits(settings)).start()
            return app[PARTS]

        yield start


@pytest_asyncio.fixture
async def make_bench(
    start_controlplane: StartControlPlane,
    whatsapp: WhatsAppSimulator,
    puppets: PuppetAgents,
    store: SupabaseStore,
    database: LocalSupabase,
) -> MakeBench:
    """Make the bench with settings of the test's own."""

    async def make(*, wall: WallClock = wall_clock, **variables: str) -> Bench:
        return Bench(
            plane=await start_controlplane(wall=wall, **variables),
            whatsapp=whatsapp,
            agents=puppets,
            store=store,
            database=database,
        )

    return make


@pytest_asyncio.fixture
async def bench(make_bench: MakeBench) -> Bench:
    """The bench with the usual settings."""
    return await make_bench()


@pytest_asyncio.fixture
async def http(controlplane_port: int) -> AsyncIterator[aiohttp.ClientSession]:
    """An HTTP client with the control plane as its base."""
    async with aiohttp.ClientSession(
        f"http://127.0.0.1:{controlplane_port}", timeout=aiohttp.ClientTimeout(total=10)
    ) as session:
        yield session


@pytest_asyncio.fixture
async def place(http: aiohttp.ClientSession) -> AsyncIterator[Place]:
    """Ask for a call as an operator does."""

    async def send(person: Person, *, key: str | None = None) -> tuple[int, dict[str, Any]]:
        headers = {"Authorization": f"Bearer {OPERATOR_KEY}"}
        if key is not None:
            headers["Idempotency-Key"] = key
        body = {"to": f"+{person.caller.phone}", "context": {"order": 42}}
        async with http.post("/calls", json=body, headers=headers) as response:
            return response.status, await response.json()

    yield send


@pytest_asyncio.fixture
async def mortal_bridge(tmp_path: Path, bridge: EmbeddedBridge) -> AsyncIterator[EmbeddedBridge]:
    """A media bridge of the test's own, to be killed; it lets in whom the other one does."""
    server = EmbeddedBridge(data_dir=tmp_path, token=bridge.token)
    await server.start()
    yield server
    await server.stop()


@pytest_asyncio.fixture
async def balancer() -> AsyncIterator[Balancer]:
    """What several control planes stand behind."""
    balancing = Balancer()
    async with serving(web.post("/wa/webhook", balancing.pass_on)) as url:
        balancing.url = f"{url}/wa/webhook"
        yield balancing


# --- the ledger of consents ---


@pytest_asyncio.fixture
async def plane(start_controlplane: StartControlPlane) -> ControlPlane:
    return await start_controlplane()


@pytest_asyncio.fixture
async def heard(store: SupabaseStore) -> None:
    """What is kept of a message that Bob has just written to the business."""
    message = {"from": BOB_DIGITS, "type": "text", "id": "wamid.HELLO"}
    value = {"metadata": {"phone_number_id": LINE}, "messages": [message]}
    payload = {"field": "messages", "value": value, "redacted": True}
    await store.add_events(
        [
            EventRecord.note(
                EventSource.META,
                "text",
                datetime.now(UTC),
                payload,
                outcome=EventOutcome.IGNORED,
            )
        ]
    )


@pytest.fixture
def bob(whatsapp: WhatsAppSimulator, heard: None) -> Person:
    """Bob, who has just written to the business; he has permitted nothing."""
    person = whatsapp.add_person(Person(caller=Caller(phone=BOB_DIGITS, user_id="NL.31")))
    person.open_window(whatsapp.clock.now())
    return person
