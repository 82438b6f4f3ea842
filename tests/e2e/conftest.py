"""One stack for all: real SFU, database, control plane, worker; simulated WhatsApp and OpenAI."""

import asyncio
import contextlib
import os
import re
import signal
import sys
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

import aiohttp
import psutil
import pytest
import pytest_asyncio
from livekit import api

from shared.call.call import Call
from shared.call.records import EventSource
from shared.database.supabase import SupabaseStore
from simulators.meta.calls.talk import TURN_PAUSE_MS
from simulators.meta.calls.user_call import SimulatedCall
from simulators.meta.people.call_plan import CallPlan, Timing
from simulators.meta.whatsapp import WhatsAppSimulator
from simulators.openai.scenario import Scenario, load_scenario
from simulators.openai.server import OpenAISimulator
from simulators.speech import ear, voice
from tests import paths
from tests.e2e.shop import Shop, open_shop
from tests.eventually import RowWaits, eventually
from tests.servers import watch_log
from wacall.environment import free_port
from wacall.stack.processes import Child
from wacall.stack.stack import Stack, StackPlan

SCENARIO = paths.DATA / "scenarios" / "front-desk.yaml"
SECRETS = {
    "WA_VERIFY_TOKEN": "verify-token-e2e-0123456",
    "WA_APP_SECRET": "app-secret-e2e-0123456",
    "WA_ACCESS_TOKEN": "EAAaccess-token-e2e-0123456",
    "OPENAI_API_KEY": "sk-e2e-0123456789",
    "CONTROLPLANE_API_KEY": "operator-key-e2e-0123456",
}
PATIENCE_S = 20.0
_RATE = 16_000


def scenario(directory: Path) -> Scenario:
    """Read the scenario, with its follow-up a day ahead."""
    due_at = datetime.now(UTC).replace(microsecond=0) + timedelta(days=1)
    file = directory / SCENARIO.name
    file.write_text(SCENARIO.read_text().replace("DUE_AT", f'"{due_at.isoformat()}"'))
    return load_scenario(file)


# --- the neighbours that are simulated ---


class SimulatedOpenAI:
    """The simulator on a port that stays the same while it is away."""

    def __init__(self, script: Scenario) -> None:
        self.script = script
        self.port = free_port()
        self.simulator = self._make()

    @property
    def base_url(self) -> str:
        return f"http://127.0.0.1:{self.port}/v1"

    @contextlib.asynccontextmanager
    async def away(self) -> AsyncIterator[None]:
        """Nobody listens on the port."""
        await self.simulator.__aexit__(None, None, None)
        try:
            yield
        finally:
            self.simulator = await self._make().__aenter__()

    def _make(self) -> OpenAISimulator:
        return OpenAISimulator(
            port=self.port,
            scenario=self.script,
            api_keys=frozenset({SECRETS["OPENAI_API_KEY"]}),
        )


@pytest_asyncio.fixture(scope="session")
async def openai(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[SimulatedOpenAI]:
    """OpenAI, which follows the scenario by what it hears."""
    simulated = SimulatedOpenAI(scenario(tmp_path_factory.mktemp("scenario")))
    await simulated.simulator.__aenter__()
    yield simulated
    await simulated.simulator.__aexit__(None, None, None)
    ear.close()
    voice.close()


def make_whatsapp() -> WhatsAppSimulator:
    """Make another Meta, with short retries."""
    return WhatsAppSimulator(
        app_secret=SECRETS["WA_APP_SECRET"],
        access_token=SECRETS["WA_ACCESS_TOKEN"],
        timing=Timing(retry_delays_s=(0.2, 0.5, 1.0, 2.0, 4.0), linger_s=1.0),
    )


@pytest_asyncio.fixture(scope="session")
async def whatsapp() -> AsyncIterator[WhatsAppSimulator]:
    """Meta, and its users' phones."""
    async with make_whatsapp() as simulator:
        yield simulator


@pytest_asyncio.fixture(scope="session")
async def shop() -> AsyncIterator[Shop]:
    """The operator's own server."""
    async with open_shop() as shop:
        yield shop


def environment(
    whatsapp: WhatsAppSimulator, openai: SimulatedOpenAI, media: str = "bridge"
) -> dict[str, str]:
    """What an operator would have configured, and limits that fit a busy machine."""
    return {
        **os.environ,
        **SECRETS,
        "HOST": "127.0.0.1",
        "WA_PHONE_NUMBER_ID": whatsapp.line.phone_number_id,
        "WA_GRAPH_BASE_URL": whatsapp.graph_url,
        "OPENAI_BASE_URL": openai.base_url,
        # livekit-server gives no jobs to a worker that calls itself loaded
        "AGENT_LOAD_THRESHOLD": "inf",
        "GRAPH_TIMEOUT_S": "2",
        # longer than the set-ups of the tests in which OpenAI says nothing
        "AGENT_CONNECT_TIMEOUT_S": "6",
        "AGENT_HEALTH_PORT": str(free_port()),
        "AGENT_MEDIA": media,
        # they would be made while calls are measured
        "CLIPS_DIR": "none",
        "LOG_LEVEL": "DEBUG",
        "PYTHONPATH": os.pathsep.join(path for path in sys.path if path),
    }


# --- the parts that are real ---


class ControlPlaneProcess:
    """The control plane as a process of its own, which tests may end and replace."""

    def __init__(self, stack: Stack, log: Path) -> None:
        self.stack = stack
        self.log = log
        self.child: Child | None = None

    async def start(self, **variables: str) -> Child:
        """Start one; returns when it can take calls."""
        child = self.child = await Child.start(
            "controlplane",
            [sys.executable, "-m", "controlplane"],
            env={**self.stack.environment, "PYTHONUNBUFFERED": "1", **variables},
            log=self.log,
        )
        async with aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=5)) as http:

            async def is_ready() -> bool:
                with contextlib.suppress(aiohttp.ClientError, TimeoutError):
                    async with http.get(f"{self.stack.controlplane_url}/readyz") as response:
                        return response.status == 200
                return False

            await child.wait_until(is_ready, timeout_s=30)
        return child

    async def end(self, number: signal.Signals = signal.SIGTERM, within_s: float = 10) -> int:
        """Send a signal and wait for the end; return the exit code."""
        assert self.child is not None
        child, self.child = self.child, None
        child.signal(number)
        try:
            async with asyncio.timeout(within_s):
                return await child.wait()
        except TimeoutError:
            child.kill()
            pytest.fail(f"the control plane did not end within {within_s} s of {number.name}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Deployment(RowWaits):
    """Everything, and the questions that the tests ask."""

    stack: Stack
    controlplane: ControlPlaneProcess
    whatsapp: WhatsAppSimulator
    openai: SimulatedOpenAI
    store: SupabaseStore
    idle: int
    """Processes of a worker without calls."""

    async def until_nothing_is_left(self, call: SimulatedCall, deadline_s: float = 20) -> Call:
        """Wait until the call has been released, and all that it held is gone."""
        row = await self.until(call, lambda found: found.released_at is not None, deadline_s)
        left: dict[str, object] = {}

        async def nothing_is_left() -> bool:
            left.clear()
            left.update(await self._left(row))
            return not left

        await eventually(nothing_is_left, deadline_s, last=lambda: f"there still is: {left}")
        return row

    async def _left(self, row: Call) -> dict[str, object]:
        left: dict[str, object] = {}
        if row.room in await rooms(self.stack):
            left["room"] = row.room
        if self.openai.simulator.open_sessions:
            left["OpenAI sessions"] = self.openai.simulator.open_sessions
        if (count := len(job_processes(self.stack))) != self.idle:
            left["processes of the worker"] = f"{count} instead of {self.idle}"
        return left

    async def reasons_of(self, call: SimulatedCall, source: EventSource) -> list[object]:
        """Why a part noted errors on the call's timeline."""
        row = await self.row(call)
        assert row is not None
        events = await self.store.list_events(row.id)
        noted = [event for event in events if event.source is source and event.kind == "error"]
        return [event.payload.get("reason") for event in noted]


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Run everything by a media bridge, and by the decoding worker what is marked so."""
    if "media" in metafunc.fixturenames:
        marker = metafunc.definition.get_closest_marker("media")
        kinds = marker.args if marker is not None else ("bridge",)
        metafunc.parametrize("media", kinds, scope="session")


@pytest_asyncio.fixture(scope="session")
async def running(
    whatsapp: WhatsAppSimulator,
    openai: SimulatedOpenAI,
    shop: Shop,
    media: str,
    tmp_path_factory: pytest.TempPathFactory,
    pytestconfig: pytest.Config,
) -> AsyncIterator[Deployment]:
    """The stack, started once for each way of carrying the agent's sound."""
    data_dir = tmp_path_factory.mktemp("stack")
    plan = StackPlan(
        environment=environment(whatsapp, openai, media) | shop.environment(data_dir / "profiles"),
        data_dir=data_dir,
        port=0,
        with_controlplane=False,
        fast_database=True,
        restarts=True,
        sfu_prometheus_port=free_port(),
    )
    stack = Stack(plan)
    for name in ("sfu", "bridge", "agent", "controlplane"):
        watch_log(pytestconfig, stack.log_of(name))
    async with stack, contextlib.AsyncExitStack() as exits:
        # a control plane of its own does not take the SFU with it when it goes
        stack.environment["DRAIN_ENDS_CALLS"] = "0"
        whatsapp.webhook_url = f"{stack.controlplane_url}/wa/webhook"
        store = await SupabaseStore.connect(
            stack.supabase_url, stack.environment["SUPABASE_SECRET_KEY"]
        )
        exits.push_async_callback(store.close)
        controlplane = ControlPlaneProcess(stack, stack.log_of("controlplane"))
        await controlplane.start()
        yield Deployment(
            stack=stack,
            controlplane=controlplane,
            whatsapp=whatsapp,
            openai=openai,
            store=store,
            idle=await idle_processes(stack),
        )
        if controlplane.child is not None:
            await controlplane.end()


@pytest_asyncio.fixture
async def deployment(running: Deployment) -> AsyncIterator[Deployment]:
    """The stack with a control plane as it was started; no fault stays armed."""
    if running.controlplane.child is None:
        await running.controlplane.start()
    yield running
    running.openai.simulator.faults = type(running.openai.simulator.faults)()
    running.whatsapp.graph.faults.clear()
    for call in running.whatsapp.calls:
        call.hang_up()


async def rooms(stack: Stack) -> set[str]:
    """Name the SFU's rooms."""
    environ = stack.environment
    async with api.LiveKitAPI(
        environ["LIVEKIT_URL"], environ["LIVEKIT_API_KEY"], environ["LIVEKIT_API_SECRET"]
    ) as client:
        listed = await client.room.list_rooms(api.ListRoomsRequest())
    return {room.name for room in listed.rooms}


def below(pid: int) -> set[int]:
    """All processes that descend from this one."""
    return {process.pid for process in psutil.Process(pid).children(recursive=True)}


def job_processes(stack: Stack) -> set[int]:
    """The worker's children."""
    return below(stack.child("agent").pid)


async def idle_processes(stack: Stack) -> int:
    """Wait until the worker has made its idle processes, and count them."""
    if stack.environment["AGENT_MEDIA"] == "bridge":
        return 0
    log = stack.log_of("agent")
    wanted = int(stack.environment.get("AGENT_IDLE_PROCESSES", "2"))
    await eventually(lambda: log.read_text().count("process initialized") >= wanted, 30)
    return len(job_processes(stack))


def alarms(log: Path, since: int) -> list[str]:
    """What would frighten in a log from a size on: warnings, errors, lines of tracebacks."""
    with log.open("rb") as opened:
        opened.seek(since)
        lines = opened.read().decode(errors="replace").splitlines()
    words = re.compile(r"\b(WARN|WARNING|ERROR|CRITICAL)\b|^Traceback|^\s+File \"")
    return [line for line in lines if words.search(line)]


# --- people ---


@dataclass(slots=True, kw_only=True)
class Person:
    """A caller: hears the other side out, speaks, remembers what was heard when."""

    call: SimulatedCall
    heard: list[tuple[float, float]] = field(default_factory=list)
    """Start and end of each of the other side's turns, on the phone's axis."""

    async def listen(self) -> None:
        """Hear the other side out."""
        start = await self.call.phone.wait_agent_speaking(PATIENCE_S)
        stop = await self.call.phone.wait_agent_quiet(TURN_PAUSE_MS, 2 * PATIENCE_S)
        self.heard.append((start, stop))

    async def say(self, text: str) -> None:
        """Say something."""
        assert await self.call.phone.say(*await voice.CALLER.speak(text, rate=_RATE))

    async def interrupt(self, text: str, after_s: float) -> None:
        """Let the other side speak for so long, then speak over it."""
        phone = self.call.phone
        pcm, rate = await voice.CALLER.speak(text, rate=_RATE)
        start = await phone.wait_agent_speaking(PATIENCE_S)
        await phone.wait_until(lambda: phone.now - start >= after_s, PATIENCE_S)
        spoken = phone.say_soon(pcm, rate)
        # it falls silent before the caller has finished: that is what barge-in means
        stop = await phone.wait_agent_quiet(200, PATIENCE_S)
        self.heard.append((start, stop))
        assert await spoken

    async def understood(self, turn: int, rule: str) -> str:
        """Recognise what was heard in a turn; `rule` in JSGF says what may have been said."""
        start, stop = self.heard[turn]
        sound = self.call.phone.heard.read_at(_RATE, start - 0.3, stop + 0.3)
        return (await ear.hear(sound, _RATE, grammar=ear.Grammar(rule=rule), free=False)).text


def any_of(sentences: Sequence[str]) -> str:
    """Write the rule in which exactly these may be said."""
    return ear.Grammar.of_sentences(sentences).rule


def beginning_of(sentence: str) -> str:
    """Write the rule in which a sentence may break off after any word."""
    first, *rest = ear.plain_words(sentence).split()
    return f"{first} " + "".join(f"[ {word} " for word in rest) + "] " * len(rest)


async def answered(whatsapp: WhatsAppSimulator, plan: CallPlan | None = None) -> Person:
    """Call, and hear the greeting out."""
    call = await whatsapp.call(plan)
    await call.accepted(30)
    person = Person(call=call)
    await person.listen()
    return person
