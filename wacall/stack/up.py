"""`wacall up`: the stack in the foreground, until a signal or until a part is dead for good."""

import argparse
import asyncio
import signal
import sys
from collections.abc import Callable, Mapping
from pathlib import Path

from shared.process.signals import Signals
from wacall import environment
from wacall.environment import LOOPBACK
from wacall.stack.database import DatabaseFailed
from wacall.stack.hop import plan_of
from wacall.stack.processes import ChildFailed
from wacall.stack.sfu import SfuPorts
from wacall.stack.stack import Stack, StackPlan

# livekit-server's own default; the UDP port is the first of those in sfu/livekit.yaml
SFU_PORT = 7880
SFU_UDP_PORT = 7882

# stand for what the stack itself will supply, so that settings can be checked before anything runs
_SUPPLIED = {
    "LIVEKIT_URL": {
        "LIVEKIT_URL": f"ws://{LOOPBACK}",
        "LIVEKIT_API_KEY": "key",
        "LIVEKIT_API_SECRET": "secret",
    },
    "SUPABASE_URL": {"SUPABASE_URL": f"http://{LOOPBACK}", "SUPABASE_SECRET_KEY": "key"},
}


def main(argv: list[str]) -> int:
    """Run the stack; 0 after a drain, 1 if a part failed, 2 if the environment is not fit."""
    parser = argparse.ArgumentParser(prog="wacall up", description=__doc__)
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
        plan = make_plan(
            environment.load(),
            data_dir=options.data_dir.absolute(),
            with_agent=not options.no_agent,
            with_controlplane=not options.no_controlplane,
        )
    except ValueError as error:
        print(error, file=sys.stderr)
        return 2
    return asyncio.run(_run(plan))


def make_plan(
    configured: Mapping[str, str], *, data_dir: Path, with_agent: bool, with_controlplane: bool
) -> StackPlan:
    """Decide what to start.

    Raises:
        ValueError: a sentence that names the variable which is missing or malformed.
    """
    expected = dict(configured)
    for variable, supplied in _SUPPLIED.items():
        if not configured.get(variable):
            expected |= supplied
    for reads in _settings(with_agent=with_agent, with_controlplane=with_controlplane):
        reads(expected)
    return StackPlan(
        environment=configured,
        data_dir=data_dir,
        port=environment.port_of(configured, "PORT", 4000),
        sfu_ports=SfuPorts(
            http=_port_or_any(configured, "SFU_PORT", SFU_PORT),
            udp=_port_or_any(configured, "SFU_UDP_PORT", SFU_UDP_PORT, udp=True),
        ),
        sfu_node_ip=configured.get("SFU_NODE_IP") or LOOPBACK,
        hop=plan_of(configured, sfu_node_ip=configured.get("SFU_NODE_IP") or LOOPBACK),
        with_agent=with_agent,
        with_controlplane=with_controlplane,
        restarts=True,
        echo=_print_line,
        report=lambda sentence: _print_line("up", sentence),
    )


def _settings(
    *, with_agent: bool, with_controlplane: bool
) -> list[Callable[[Mapping[str, str]], object]]:
    readers: list[Callable[[Mapping[str, str]], object]] = []
    if with_controlplane:
        from controlplane.settings import Settings as ControlplaneSettings

        readers.append(ControlplaneSettings.from_env)
    if with_agent:
        from agents.receptionist import load_prompt
        from agents.settings import Settings as AgentSettings

        def read_agent(environ: Mapping[str, str]) -> None:
            settings = AgentSettings.from_env(environ)
            # else the first caller would find out that there is none
            load_prompt(settings.agent_profile, settings.prompt_file)

        readers.append(read_agent)
    return readers


def _port_or_any(
    configured: Mapping[str, str], variable: str, default: int, *, udp: bool = False
) -> int:
    """A port that was asked for is binding; a default that is taken gives way to a free one."""
    if configured.get(variable):
        return environment.port_of(configured, variable, default)
    return default if environment.is_free(default, udp=udp) else 0


async def _run(plan: StackPlan) -> int:
    signals = Signals()
    stack = Stack(plan)
    serving = asyncio.create_task(_serve(stack))
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


async def _serve(stack: Stack) -> int:
    """Run the stack until cancelled or until a part is dead for good."""
    try:
        async with stack:
            print(_ready_line(stack), flush=True)
            failure = await stack.given_up()
            print(f"{failure}\nStopping, since this part does not stay up.", file=sys.stderr)
            return 1
    except (ChildFailed, DatabaseFailed) as failure:
        print(failure, file=sys.stderr)
        code = failure.returncode if isinstance(failure, ChildFailed) else None
        return code if code == 2 else 1
    except ValueError as error:
        print(error, file=sys.stderr)
        return 2


def _ready_line(stack: Stack) -> str:
    """Say where everything is; no secret among it."""
    parts = {
        "livekit": stack.livekit_url,
        "supabase": stack.supabase_url,
        "env": str(stack.env_file),
    }
    if stack.has_hop:
        parts["hop"] = stack.environment["RTPENGINE_URL"]
    if "controlplane" in stack.keepers:
        parts = {"controlplane": stack.controlplane_url, **parts}
    return "ready " + " ".join(f"{name}={value}" for name, value in parts.items())


def _print_line(name: str, line: str) -> None:
    print(f"{name:<12} | {line}", flush=True)
