"""What the benchmark measures, started: the stack as an operator has it, and both simulators.

Each part runs in processes of its own; the simulated Meta with its phones runs in the benchmark's.
"""

import contextlib
import os
from collections.abc import AsyncIterator, Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import aiohttp
from prometheus_client.parser import text_string_to_metric_families

from shared.call.call import Call
from shared.call.ids import WhatsAppCallId
from shared.database.supabase import SupabaseStore
from simulators.meta.calls.business_call import OutboundCall
from simulators.meta.calls.user_call import SimulatedCall
from simulators.meta.people.call_plan import Timing
from simulators.meta.whatsapp import WhatsAppSimulator
from simulators.phone.phone import Phone
from wacall.bench.far_ends import FarEnds
from wacall.environment import LOOPBACK, free_port, with_tools
from wacall.stack.bridge import EmbeddedBridge
from wacall.stack.openai import start_openai
from wacall.stack.process_usage import tree, until_quiet
from wacall.stack.stack import Stack, StackPlan

IDLE_PROCESSES = 4
"""As many as calls at once, so that no call waits for a process to start."""

_STOP_S = 5.0
_QUIET_CORES = 0.15
_QUIET_S = 0.4
_QUIET_DEADLINE_S = 15.0
_LINGER_S = 0.5
# the far ends count by themselves, so Meta sees no packet
_FAR_TIMING = Timing(linger_s=_LINGER_S, first_media_s=3600.0, mid_call_media_s=3600.0)
# what the product reads: none of the operator's own may reach a measured part
_READ_BY_PRODUCT = (
    "AGENT_", "BRIDGE_", "CALL_", "CONTROLPLANE_", "DRAIN_", "HOP_", "LIVEKIT_", "LOG_", "OPENAI_",
    "RTPENGINE_", "SFU_", "SUPABASE_", "WA_",
)  # fmt: skip
_PARTS = {
    "sfu": "SFU",
    "bridge": "bridge",
    "agent": "worker",
    "controlplane": "control plane",
}
"""What the stack calls its parts, and how they are shown; some stacks do without one or another."""
_SECRET = "bench-only-and-on-loopback-only-0123456789"


@dataclass(frozen=True, slots=True, kw_only=True)
class Bench:
    """A running stack under measurement."""

    whatsapp: WhatsAppSimulator = field(repr=False)
    store: SupabaseStore = field(repr=False)
    roots: Mapping[str, tuple[int, ...]]
    """Part -> the processes whose trees are the part."""
    sfu_metrics_url: str
    webhook_url: str
    idle_worker_processes: int
    """The worker's processes while no call runs."""
    controlplane_url: str
    bridge: EmbeddedBridge | None

    @property
    def app_secret(self) -> str:
        """What webhooks are signed with."""
        return _SECRET

    @property
    def operator(self) -> Mapping[str, str]:
        """What an operator has in their environment."""
        return {"CONTROLPLANE_URL": self.controlplane_url, "CONTROLPLANE_API_KEY": _SECRET}

    async def settle(self) -> bool:
        """Wait until no part is busy and the worker has its idle processes again."""
        worker = self.roots["worker"][0]
        return await until_quiet(
            [pid for roots in self.roots.values() for pid in roots],
            below_cores=_QUIET_CORES,
            for_s=_QUIET_S,
            deadline_s=_QUIET_DEADLINE_S,
            also=lambda: len(tree(worker)) == self.idle_worker_processes,
        )

    async def row_of(self, call: SimulatedCall | OutboundCall) -> Call | None:
        """Read what the database holds of a call."""
        return await self.store.find_call(WhatsAppCallId(call.wacid))

    async def bridge_legs(self) -> int:
        """Return how many legs the media bridge holds; none without a bridge.

        Raises:
            aiohttp.ClientError: it does not answer.
        """
        if self.bridge is None:
            return 0
        headers = {"Authorization": f"Bearer {self.bridge.token}"}
        timeout = aiohttp.ClientTimeout(total=5)
        async with (
            aiohttp.ClientSession(timeout=timeout, headers=headers) as http,
            http.get(f"{self.bridge.url}/health") as response,
        ):
            response.raise_for_status()
            return int((await response.json())["legs"])

    async def sfu_packets(self) -> tuple[int, int]:
        """Return how many RTP packets the SFU says it has received and sent.

        Raises:
            aiohttp.ClientError: the SFU's metrics cannot be read.
        """
        timeout = aiohttp.ClientTimeout(total=5)
        async with (
            aiohttp.ClientSession(timeout=timeout) as http,
            http.get(self.sfu_metrics_url) as response,
        ):
            response.raise_for_status()
            text = await response.text()
        counts = {"incoming": 0.0, "outgoing": 0.0}
        for family in text_string_to_metric_families(text):
            for sample in family.samples:
                if sample.name == "livekit_packet_total":
                    counts[sample.labels["direction"]] += sample.value
        return int(counts["incoming"]), int(counts["outgoing"])


@contextlib.asynccontextmanager
async def running(
    directory: Path,
    report: Callable[[str], None],
    *,
    far: FarEnds | None = None,
    settings: Mapping[str, str] | None = None,
) -> AsyncIterator[Bench]:
    """Start everything below `directory`, quiet and warm; take it down again.

    With `far` its phones call and its OpenAI answers, instead of the simulators. `settings` are
    more of the product's.

    Raises:
        ChildFailed: a part did not start.
    """
    async with contextlib.AsyncExitStack() as undo:
        if far is None:
            report("simulated OpenAI")
            openai = await start_openai(
                environment=_machine_environment(), log=directory / "logs" / "openai.log"
            )
            undo.push_async_callback(openai.child.stop, grace_s=_STOP_S)
        whatsapp = await undo.enter_async_context(
            WhatsAppSimulator(
                app_secret=_SECRET,
                access_token=_SECRET,
                timing=Timing(linger_s=_LINGER_S) if far is None else _FAR_TIMING,
                make_phone=Phone if far is None else far.make_phone,
            )
        )
        openai_url = openai.base_url if far is None else far.openai_url
        product = _environment(whatsapp, openai_url) | {"DRAIN_TIMEOUT_S": "0"}
        metrics_port = free_port()
        report("SFU, database, control plane and worker")
        stack = await undo.enter_async_context(
            Stack(
                StackPlan(
                    environment={**product, **(settings or {})},
                    data_dir=directory,
                    port=0,
                    sfu_prometheus_port=metrics_port,
                )
            )
        )
        whatsapp.webhook_url = f"{stack.controlplane_url}/wa/webhook"
        store = await SupabaseStore.connect(
            stack.supabase_url, stack.environment["SUPABASE_SECRET_KEY"]
        )
        undo.push_async_callback(store.close)
        report("waiting until all is quiet")
        roots: dict[str, tuple[int, ...]] = {
            shown: (stack.child(name).pid,)
            for name, shown in _PARTS.items()
            if name in stack.keepers
        }
        roots["database"] = tuple(stack.database.pids.values()) if stack.database else ()
        yield Bench(
            whatsapp=whatsapp,
            store=store,
            roots=roots,
            sfu_metrics_url=f"http://{LOOPBACK}:{metrics_port}/metrics",
            webhook_url=whatsapp.webhook_url,
            idle_worker_processes=await _idle_processes(roots),
            controlplane_url=stack.controlplane_url,
            bridge=stack.bridge,
        )


async def _idle_processes(roots: Mapping[str, tuple[int, ...]]) -> int:
    """Wait until the worker has started its idle processes; return how many it then is."""
    worker = roots["worker"][0]
    await until_quiet(
        [pid for pids in roots.values() for pid in pids],
        below_cores=_QUIET_CORES,
        for_s=1.0,
        deadline_s=_QUIET_DEADLINE_S,
        also=lambda: len(tree(worker)) > IDLE_PROCESSES,
    )
    return len(tree(worker))


def _environment(whatsapp: WhatsAppSimulator, openai_url: str) -> dict[str, str]:
    return _machine_environment() | {
        "HOST": LOOPBACK,
        "CONTROLPLANE_API_KEY": _SECRET,
        "WA_VERIFY_TOKEN": _SECRET,
        "WA_APP_SECRET": _SECRET,
        "WA_ACCESS_TOKEN": _SECRET,
        "WA_PHONE_NUMBER_ID": whatsapp.line.phone_number_id,
        "WA_GRAPH_BASE_URL": whatsapp.graph_url,
        "OPENAI_BASE_URL": openai_url,
        "OPENAI_API_KEY": "sk-bench",
        # they would be made while calls are measured
        "CLIPS_DIR": "none",
        # refused by the hundred, and measured while they are
        "MISSED_CALL_TEXT": "none",
        # what is measured is the call, and nobody here reads it afterwards
        "OPENAI_RESPONSES_MODEL": "none",
        "AGENT_IDLE_PROCESSES": str(IDLE_PROCESSES),
    }


def _machine_environment() -> dict[str, str]:
    kept = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(_READ_BY_PRODUCT) and name not in ("HOST", "PORT", "OPERATOR_PORT")
    }
    return with_tools(kept)
