"""The whole stack on one machine: starts what is not configured elsewhere, in parallel.

The SFU and the media bridge first, they are there at once; then the worker beside the database, and
the control plane after the database. Everything stops the other way round, so that calls come to a
proper end.
"""

import asyncio
import sys
from collections.abc import Awaitable, Callable, Coroutine, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import IO, TYPE_CHECKING, Any, Self

from wacall.environment import (
    LOOPBACK,
    STACK_FILE,
    free_port,
    private_folder,
    to_env_file,
    write_private,
)
from wacall.stack import bridge
from wacall.stack.bridge import EmbeddedBridge
from wacall.stack.file_lock import try_lock
from wacall.stack.keeper import Keeper, Report
from wacall.stack.processes import Child, ChildFailed, Echo
from wacall.stack.progress import Progress
from wacall.stack.project_keys import new_secret_key
from wacall.stack.services import check_port, start_agent, start_controlplane
from wacall.stack.sfu import EmbeddedSfu, SfuPorts
from wacall.stack.together import first, together

if TYPE_CHECKING:
    from wacall.stack.database import LocalSupabase

DATABASE_STOP_S = 15.0
# on top of what a process takes for its own drain
STOP_GRACE_S = 10.0
DRAIN_TIMEOUT_S = 30.0
# when the control plane is through, no call is left for the worker
AGENT_GRACE_S = 15.0
# when the worker has died, its job processes tell that their calls have lost their agent
AGENT_LAST_WORDS_S = 3.0

# what the parts are called while they start
_SHOWN = {
    "sfu": "SFU",
    "bridge": "media bridge",
    "database": "database",
    "controlplane": "control plane",
    "agent": "agent worker",
}

# what other tools need to work with a running stack
_EXPORTED = (
    "AGENT_NAME", "BRIDGE_TOKEN", "BRIDGE_URL", "CONTROLPLANE_API_KEY", "LIVEKIT_API_KEY",
    "LIVEKIT_API_SECRET", "LIVEKIT_URL", "OPENAI_API_KEY", "OPENAI_BASE_URL", "PORT",
    "SUPABASE_SECRET_KEY", "SUPABASE_URL", "WA_ACCESS_TOKEN", "WA_APP_SECRET",
    "WA_GRAPH_BASE_URL", "WA_GRAPH_VERSION", "WA_PHONE_NUMBER_ID", "WA_VERIFY_TOKEN",
)  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class StackPlan:
    """What to start and where it keeps its data."""

    environment: Mapping[str, str] = field(repr=False)
    """What is configured. LIVEKIT_URL, SUPABASE_URL or BRIDGE_URL in it: that part is not
    started."""
    data_dir: Path
    port: int = 4000
    """The control plane's; 0 for any free one."""
    sfu_ports: SfuPorts = field(default_factory=SfuPorts)
    sfu_node_ip: str = LOOPBACK
    sfu_prometheus_port: int | None = None
    """Where the SFU shows its own counters, if it is to."""
    with_controlplane: bool = True
    with_agent: bool = True
    fast_database: bool = False
    """Without fsync: for tests."""
    restarts: bool = False
    """Start parts again that died, instead of giving up at the first death."""
    echo: Echo | None = None
    """Takes every line of every part's output."""
    progress: Progress | None = None
    """Is told which parts are awaited and which are up, while the stack starts."""
    report: Report = field(default=lambda sentence: print(sentence, file=sys.stderr, flush=True))


def lock_directory(data_dir: Path) -> IO[bytes]:
    """Keep a second stack out of a directory, until the file is closed.

    Raises:
        ChildFailed: one is in there.
    """
    # not the demo's own: its stack runs in the demo's directory
    lock = try_lock(data_dir / "stack.lock")
    if lock is None:
        raise ChildFailed(
            f"A stack runs in {data_dir} already: stop that one (its `wacall up`), or start this "
            "one with a --data-dir and a PORT of its own."
        )
    return lock


class Stack:
    """An async context manager around everything that a call needs."""

    def __init__(self, plan: StackPlan) -> None:
        self.plan = plan
        self.environment: dict[str, str] = dict(plan.environment)
        """What the parts were given: addresses and keys of everything, once started."""
        self.sfu: EmbeddedSfu | None = None
        self.bridge: EmbeddedBridge | None = None
        self._has_env_file = False
        self._lock: IO[bytes] | None = None
        self.database: LocalSupabase | None = None
        self.keepers: dict[str, Keeper] = {}

    # --- what is known once it runs ---

    @property
    def controlplane_url(self) -> str:
        """Where webhooks reach the control plane on this machine."""
        return self._url_of("HOST", "PORT")

    @property
    def operator_url(self) -> str:
        """Where operators and probes reach it: the same, unless they have a port of their own."""
        if self.environment.get("OPERATOR_PORT"):
            return self._url_of("OPERATOR_HOST", "OPERATOR_PORT")
        return self.controlplane_url

    def _url_of(self, host_name: str, port_name: str) -> str:
        host = self.environment.get(host_name, "")
        host = LOOPBACK if host in ("", "0.0.0.0", "::") else host
        return f"http://{host}:{self.environment[port_name]}"

    @property
    def livekit_url(self) -> str:
        """The SFU, embedded or elsewhere."""
        return self.environment["LIVEKIT_URL"]

    @property
    def supabase_url(self) -> str:
        """The database, embedded or elsewhere."""
        return self.environment["SUPABASE_URL"]

    @property
    def has_bridge(self) -> bool:
        """Whether outbound calls can be placed: the bridge may not have been built."""
        return bool(self.environment.get("BRIDGE_URL"))

    @property
    def announced(self) -> dict[str, str]:
        """The addresses that the embedded parts tell WhatsApp, by the variable that sets each."""
        told: dict[str, str] = {}
        if self.sfu is not None:
            told["SFU_NODE_IP"] = self.plan.sfu_node_ip
        if self.bridge is not None and self.environment.get("BRIDGE_ADVERTISED_IP"):
            told["BRIDGE_ADVERTISED_IP"] = self.environment["BRIDGE_ADVERTISED_IP"]
        return told

    @property
    def env_file(self) -> Path:
        """A private file in the format of `.env` with all addresses and keys, for other tools."""
        return self.plan.data_dir / STACK_FILE

    def child(self, name: str) -> Child:
        """Return a running child: `sfu`, `bridge`, `controlplane` or `agent`."""
        return self.keepers[name].child

    def log_of(self, name: str) -> Path:
        """Return where a part's log lies."""
        return self.plan.data_dir / "logs" / f"{name}.log"

    # --- life ---

    async def __aenter__(self) -> Self:
        try:
            await self._start()
        except BaseException:
            await self.stop()
            raise
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self.stop()

    async def given_up(self) -> Exception:
        """Return when a part is dead for good, with the reason."""
        ends: list[Coroutine[Any, Any, Exception]] = [
            keeper.given_up() for keeper in self.keepers.values()
        ]
        if self.database is not None:
            ends.append(self.database.given_up())
        return await first(*ends)

    async def stop(self) -> None:
        """Drain and stop: control plane, worker, media bridge, SFU, database."""
        if self._has_env_file:
            self.env_file.unlink(missing_ok=True)
        drain_s = float(self.environment.get("DRAIN_TIMEOUT_S") or DRAIN_TIMEOUT_S)
        for name, grace_s in (
            ("controlplane", drain_s + STOP_GRACE_S),
            ("agent", AGENT_GRACE_S),
        ):
            if name in self.keepers:
                await self.keepers[name].stop(grace_s=grace_s)
        if self.bridge is not None:
            if "bridge" in self.keepers:
                await self.keepers["bridge"].forget()
            await self.bridge.stop()
        if self.sfu is not None:
            if "sfu" in self.keepers:
                await self.keepers["sfu"].forget()
            await self.sfu.stop()
        if self.database is not None:
            try:
                async with asyncio.timeout(DATABASE_STOP_S):
                    await self.database.stop()
            except TimeoutError:
                self.plan.report(f"The database did not stop within {DATABASE_STOP_S:g} s.")
        if self._lock is not None:
            self._lock.close()
            self._lock = None

    def kill(self) -> None:
        """Kill everything at once."""
        for keeper in self.keepers.values():
            keeper.kill()

    # --- the parts ---

    async def _start(self) -> None:
        plan = self.plan
        self._lock = lock_directory(private_folder(plan.data_dir))
        self.environment["PORT"] = str(plan.port or free_port())
        if plan.with_controlplane:
            await check_port(self.environment, url=self.controlplane_url)
        await self._start_sfu()
        await self._start_bridge()
        self._place_database()
        self._write_env_file()
        # the worker takes longest, for its imports, and needs the database only when a call comes
        parts: list[Awaitable[None]] = [self._start_database_and_controlplane()]
        if plan.with_agent:
            # calls by a media bridge have no processes that could say anything
            is_bridged = self.environment.get("AGENT_MEDIA") != "worker"
            last_words_s = 0 if is_bridged else AGENT_LAST_WORDS_S
            parts.append(self._keep("agent", self._run_agent, last_words_s=last_words_s))
        await together(*parts)

    async def _start_sfu(self) -> None:
        if self.environment.get("LIVEKIT_URL"):
            return
        sfu = self.sfu = EmbeddedSfu(
            data_dir=self.plan.data_dir,
            environment=self.environment,
            ports=self.plan.sfu_ports,
            webhook_url=f"{self.controlplane_url}/livekit/webhook",
            node_ip=self.plan.sfu_node_ip,
            prometheus_port=self.plan.sfu_prometheus_port,
            log=self.log_of("sfu"),
            echo=self.plan.echo,
        )

        await self._keep("sfu", sfu.start)
        # a successor must be found where the first one was
        sfu.settle()
        self.environment |= {
            "LIVEKIT_URL": sfu.url,
            "LIVEKIT_API_KEY": sfu.keys.key,
            "LIVEKIT_API_SECRET": sfu.keys.secret,
        }
        # nobody else could end the calls whose SFU goes down with the control plane
        self.environment.setdefault("DRAIN_ENDS_CALLS", "1")
        # one worker beside its SFU: a call that it refused for load would be answered by nobody
        self.environment.setdefault("AGENT_LOAD_THRESHOLD", "inf")

    async def _start_bridge(self) -> None:
        if self.environment.get("BRIDGE_URL"):
            return
        if bridge.find_bridge(self.environment) is None:
            self.plan.report(bridge.HOW_TO_GET_IT)
            return
        started = self.bridge = EmbeddedBridge(
            data_dir=self.plan.data_dir,
            environment=self.environment,
            token=self.environment.get("BRIDGE_TOKEN") or None,
            log=self.log_of("bridge"),
            echo=self.plan.echo,
        )
        await self._keep("bridge", started.start)
        self.environment |= {"BRIDGE_URL": started.url, "BRIDGE_TOKEN": started.token}

    def _place_database(self) -> None:
        """Decide where the database will be, so that others can be told before it runs."""
        if self.environment.get("SUPABASE_URL"):
            return
        from wacall.stack.database import LocalSupabase

        database = self.database = LocalSupabase(
            data_dir=self.plan.data_dir / "supabase",
            fast=self.plan.fast_database,
            port=free_port(),
            secret_key=new_secret_key(),
            report=self.plan.report,
        )
        self.environment |= {
            "SUPABASE_URL": database.url,
            "SUPABASE_SECRET_KEY": database.secret_key,
        }

    async def _start_database_and_controlplane(self) -> None:
        if self.database is not None:
            await self._come_up("database", self.database.start())
        if self.plan.with_controlplane:
            await self._keep("controlplane", self._run_controlplane)

    async def _run_controlplane(self) -> Child:
        return await start_controlplane(
            self.environment,
            url=self.operator_url,
            log=self.log_of("controlplane"),
            echo=self.plan.echo,
        )

    async def _run_agent(self) -> Child:
        return await start_agent(self.environment, log=self.log_of("agent"), echo=self.plan.echo)

    async def _keep(
        self, name: str, run: Callable[[], Awaitable[Child]], *, last_words_s: float = 0
    ) -> None:
        keeper = Keeper(
            name,
            run,
            report=self.plan.report,
            restarts=self.plan.restarts,
            last_words_s=last_words_s,
        )
        self.keepers[name] = keeper
        await self._come_up(name, keeper.start())

    async def _come_up(self, name: str, starting: Awaitable[None]) -> None:
        progress = self.plan.progress
        if progress is not None:
            progress.begins(_SHOWN[name])
        await starting
        if progress is not None:
            progress.is_up(_SHOWN[name])

    def _write_env_file(self) -> None:
        values = {name: self.environment[name] for name in _EXPORTED if self.environment.get(name)}
        if self.plan.with_controlplane:
            values["CONTROLPLANE_URL"] = self.operator_url
        write_private(self.env_file, to_env_file(values))
        self._has_env_file = True
