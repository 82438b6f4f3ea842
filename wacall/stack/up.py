"""`wacall up`: the stack in the foreground, until a signal or until a part is dead for good."""

import argparse
import asyncio
import contextlib
import signal
import sys
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine, Mapping
from pathlib import Path
from typing import Any

from shared.process.settings import SettingsUnfit
from shared.process.signals import Signals
from wacall import environment
from wacall.environment import LOOPBACK, ip_of
from wacall.stack.database import DatabaseFailed
from wacall.stack.processes import ChildFailed
from wacall.stack.progress import Progress
from wacall.stack.sfu import SfuPorts
from wacall.stack.simulated import Simulators, simulated
from wacall.stack.stack import Stack, StackPlan
from wacall.stack.together import together

# livekit-server's own default; the UDP port is the first of those in sfu/livekit.yaml
SFU_PORT = 7880
SFU_UDP_PORT = 7882
# after so long without a word, what is awaited is said
STILL_WAITING_S = 5.0

# stand for what the stack itself will supply, so that settings can be checked before anything runs
_SUPPLIED = {
    "LIVEKIT_URL": {
        "LIVEKIT_URL": f"ws://{LOOPBACK}",
        "LIVEKIT_API_KEY": "key",
        "LIVEKIT_API_SECRET": "secret",
    },
    "SUPABASE_URL": {"SUPABASE_URL": f"http://{LOOPBACK}", "SUPABASE_SECRET_KEY": "key"},
    "BRIDGE_URL": {"BRIDGE_URL": f"http://{LOOPBACK}"},
}


def main(argv: list[str]) -> int:
    """Run the stack; 0 after a drain, 1 if a part failed, 2 if the environment is not fit."""
    parser = argparse.ArgumentParser(prog="wacall up", description=__doc__)
    parser.add_argument(
        "--simulate",
        action="store_true",
        help="simulate WhatsApp and OpenAI, with made-up keys, and tell the address of the page to "
        "ring from; nothing that is configured for real calls is used",
    )
    parser.add_argument("--no-agent", action="store_true", help="start no worker")
    parser.add_argument("--no-controlplane", action="store_true", help="start no control plane")
    parser.add_argument(
        "--data-dir",
        type=Path,
        default=environment.DATA_DIR,
        help="database, keys and logs (%(default)s)",
    )
    options = parser.parse_args(argv)
    try:
        configured = environment.load()
        plan = make_plan(
            simulated(configured) if options.simulate else configured,
            data_dir=options.data_dir.absolute(),
            with_agent=not options.no_agent,
            with_controlplane=not options.no_controlplane,
        )
    except ValueError as error:
        print(error, file=sys.stderr)
        return 2
    return asyncio.run(run(plan, simulators_of(plan) if options.simulate else None))


def make_plan(
    configured: Mapping[str, str], *, data_dir: Path, with_agent: bool, with_controlplane: bool
) -> StackPlan:
    """Decide what to start.

    Raises:
        ValueError: each variable that is missing or malformed, by name, a sentence a line.
    """
    expected = with_supplied(configured)
    problems: list[ValueError] = []
    for reads in (
        *_settings(with_agent=with_agent, with_controlplane=with_controlplane),
        _places,
    ):
        try:
            reads(expected)
        except ValueError as error:
            problems.append(error)
    if problems:
        raise SettingsUnfit.of_all(problems)
    sfu_ports, node_ip = _places(configured)
    return StackPlan(
        environment=configured,
        data_dir=data_dir,
        port=environment.port_of(configured, "PORT", 4000),
        sfu_ports=sfu_ports,
        sfu_node_ip=node_ip,
        sfu_prometheus_port=environment.port_of(configured, "SFU_PROMETHEUS_PORT", 0) or None,
        with_agent=with_agent,
        with_controlplane=with_controlplane,
        restarts=True,
        echo=_print_line,
        report=_report,
        progress=Progress(_Lines()),
    )


def with_supplied(configured: Mapping[str, str]) -> dict[str, str]:
    """Fill in for what the stack will start itself, so that the settings can be read before."""
    expected = dict(configured)
    for variable, supplied in _SUPPLIED.items():
        if not configured.get(variable):
            expected |= supplied
    return expected


def _places(configured: Mapping[str, str]) -> tuple[SfuPorts, str]:
    """Read where the embedded parts shall be."""
    ports = SfuPorts(
        http=_port_or_any(configured, "SFU_PORT", SFU_PORT),
        udp=_port_or_any(configured, "SFU_UDP_PORT", SFU_UDP_PORT, udp=True),
    )
    ip_of(configured, "BRIDGE_ADVERTISED_IP")
    return ports, ip_of(configured, "SFU_NODE_IP") or LOOPBACK


def _settings(
    *, with_agent: bool, with_controlplane: bool
) -> list[Callable[[Mapping[str, str]], object]]:
    readers: list[Callable[[Mapping[str, str]], object]] = []
    if with_controlplane:
        from controlplane.settings import Settings as ControlplaneSettings

        readers.append(ControlplaneSettings.from_env)
    if with_agent:
        from agents.profile_choice import ProfileChoice
        from agents.settings import Settings as AgentSettings

        def read_agent(environ: Mapping[str, str]) -> None:
            settings = AgentSettings.from_env(environ)
            # else the first caller would find out that there is none
            ProfileChoice(settings).check()

        readers.append(read_agent)
    return readers


def _port_or_any(
    configured: Mapping[str, str], variable: str, default: int, *, udp: bool = False
) -> int:
    """A port that was asked for is binding; a default that is taken gives way to a free one."""
    if configured.get(variable):
        return environment.port_of(configured, variable, default)
    return default if environment.is_free(default, udp=udp) else 0


def simulators_of(plan: StackPlan, *, real_openai: bool = False) -> Simulators:
    """Return the simulators that this stack was planned with."""
    return Simulators(
        plan.environment,
        logs=plan.data_dir / "logs",
        echo=plan.echo,
        report=plan.report,
        real_openai=real_openai,
    )


async def run(
    plan: StackPlan,
    simulators: Simulators | None,
    show_page: Callable[[str], Awaitable[None]] | None = None,
) -> int:
    """Run a stack in the foreground until a signal ends it; return the exit code.

    `show_page` is given the address of the simulators' page once calls can be placed there.
    """
    signals = Signals()
    stack = Stack(plan)
    serving = asyncio.create_task(_serve(stack, simulators, show_page))
    if not await signals.to_drain(or_end_of=serving):
        return await serving
    plan.report("Draining; a second signal stops everything at once.")
    serving.cancel()
    second = await signals.to_stop(or_end_of=serving)
    if second is None:
        plan.report("Stopped.")
        return 0
    plan.report("Stopping at once.")
    stack.kill()
    # what remains is the database's own quick end
    await asyncio.wait([serving])
    return 130 if second is signal.SIGINT else 143


async def _serve(
    stack: Stack,
    simulators: Simulators | None,
    show_page: Callable[[str], Awaitable[None]] | None,
) -> int:
    """Run the stack until cancelled or until a part is dead for good."""
    plan = stack.plan
    try:
        if plan.with_controlplane and await _meets_obstacles(plan):
            return 1
        async with contextlib.AsyncExitStack() as undo:
            async with plan.progress.shown() if plan.progress else contextlib.nullcontext():
                if simulators is None:
                    await stack.__aenter__()
                else:
                    undo.push_async_callback(simulators.stop)
                    await together(stack.__aenter__(), simulators.start(plan.progress))
            # first: a drain's calls end at Meta and OpenAI as well
            undo.push_async_callback(stack.stop)
            print(_ready_line(stack), flush=True)
            if simulators is not None:
                plan.report(simulators.invitation)
                if show_page is not None:
                    await show_page(simulators.page)
            async with _in_the_background(_warn(stack)):
                failure = await stack.given_up()
        print(f"{_without_echo(failure)}\nStopping: this part does not stay up.", file=sys.stderr)
        return 1
    except (ChildFailed, DatabaseFailed) as failure:
        print(_without_echo(failure), file=sys.stderr)
        code = failure.returncode if isinstance(failure, ChildFailed) else None
        return code if code == 2 else 1
    except ValueError as error:
        print(error, file=sys.stderr)
        return 2


async def _meets_obstacles(plan: StackPlan) -> bool:
    """Say what is in the way of starting, if anything is."""
    from controlplane.settings import Settings
    from wacall.stack.neighbours import obstacles

    settings = Settings.from_env(with_supplied(plan.environment))
    found = await obstacles(settings, plan.environment)
    print("".join(f"{one}\n" for one in found), end="", file=sys.stderr)
    return bool(found)


async def _warn(stack: Stack) -> None:
    """Say what will not work although everything runs."""
    if not stack.plan.with_controlplane:
        return
    from wacall.stack.neighbours import caveats

    if not stack.plan.with_agent:
        stack.plan.report("Warning: no worker was started (--no-agent), so others must answer.")
    for sentence in await caveats(
        stack.environment, announced=stack.announced, with_agent=stack.plan.with_agent
    ):
        stack.plan.report(f"Warning: {sentence}")


@contextlib.asynccontextmanager
async def _in_the_background(work: Coroutine[Any, Any, None]) -> AsyncIterator[None]:
    task = asyncio.create_task(work)
    try:
        yield
    finally:
        task.cancel()
        await asyncio.wait([task])
        if not task.cancelled() and (error := task.exception()) is not None:
            raise error


def _without_echo(failure: Exception) -> str:
    """Say what failed; of its last lines, which are on the screen already, only the last one."""
    if not isinstance(failure, ChildFailed):
        return str(failure)
    last = failure.tail.strip().rpartition("\n")[2]
    return f"{failure.sentence}\n{last}".strip()


def _ready_line(stack: Stack) -> str:
    """Say where everything is; no secret among it."""
    parts = {
        "livekit": stack.livekit_url,
        "supabase": stack.supabase_url,
        "env": str(stack.env_file),
    }
    if stack.has_bridge:
        parts["bridge"] = stack.environment["BRIDGE_URL"]
    if "controlplane" in stack.keepers:
        page = f"{stack.operator_url}/dashboard/"
        parts = {"controlplane": stack.controlplane_url, "dashboard": page, **parts}
    return "ready " + " ".join(f"{name}={value}" for name, value in parts.items())


class _Lines:
    """Progress among the lines of the parts: what is awaited is said again only now and then."""

    def __init__(self) -> None:
        self._said_at = time.monotonic()

    def line(self, text: str) -> None:
        """Say that a part is up."""
        self._said_at = time.monotonic()
        _report(text)

    def status(self, text: str) -> None:
        """Say what is awaited, if nothing was said for a while."""
        if time.monotonic() - self._said_at >= STILL_WAITING_S:
            self.line(text)


def _report(sentence: str) -> None:
    _print_line("up", sentence)


def _print_line(name: str, line: str) -> None:
    print(f"{name:<12} | {line}", flush=True)
