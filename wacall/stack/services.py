"""The project's own two services as children: started, and waited for until they are of use."""

import contextlib
import errno
import socket
import sys
from collections.abc import Awaitable, Callable, Mapping
from pathlib import Path
from typing import Any

import aiohttp

from wacall.environment import LOOPBACK, free_port, port_of
from wacall.stack.processes import Child, ChildFailed, Echo

CONTROLPLANE_READY_S = 30.0
AGENT_READY_S = 60.0
# what the control plane logs once it listens
SERVES = "Control plane serves."
# what the worker's framework logs once LiveKit would send it jobs
REGISTERED = "registered worker"
_TIMEOUT = aiohttp.ClientTimeout(total=5)


async def start_controlplane(
    environment: Mapping[str, str], *, url: str, log: Path, echo: Echo | None
) -> Child:
    """Start a control plane; it is ready when it says so at `url`.

    Raises:
        ChildFailed: it does not get ready.
    """

    tells = _logs_info(environment)
    said: list[str] = []

    async def is_ready(child: Child) -> bool:
        # whoever has the port may answer; that it is this one, its log tells
        if tells and SERVES not in child.logged():
            return False
        ready, said[:] = await _ask_readiness(f"{url}/readyz")
        return ready

    await check_port(environment, url=url)
    try:
        return await _start(
            "controlplane",
            "controlplane",
            environment,
            log=log,
            echo=echo,
            is_ready=is_ready,
            timeout_s=CONTROLPLANE_READY_S,
        )
    except ChildFailed as failure:
        if failure.returncode is None and said:
            failure = ChildFailed(f"{failure.sentence} It says: {' '.join(said)}", failure.tail)
        raise failure from None


async def check_port(environment: Mapping[str, str], *, url: str) -> None:
    """Make sure that the control plane's ports can be had; `url` is where it would answer probes.

    Raises:
        ChildFailed: one is taken; the sentence says by whom, as far as that can be seen.
    """
    for host_name, name in (("HOST", "PORT"), ("OPERATOR_HOST", "OPERATOR_PORT")):
        port = environment.get(name)
        if not port or not _is_taken(environment.get(host_name) or LOOPBACK, int(port)):
            continue
        health = await _ask(f"{url}/healthz")
        # the control plane's own words (controlplane.http.bodies.Health)
        by = "another wacall" if health.get("status") in ("ok", "ill") else "another program"
        raise ChildFailed(
            f"Port {port} is taken by {by}, so the control plane cannot start: stop that one, or "
            f"set {name} to another one (0 for any)."
        )


def _is_taken(host: str, port: int) -> bool:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        socket.create_server((host, port), family=family).close()
    except OSError as error:
        # what else may be wrong, such as a HOST of another machine, the control plane tells
        return error.errno == errno.EADDRINUSE
    return False


async def start_agent(environment: Mapping[str, str], *, log: Path, echo: Echo | None) -> Child:
    """Start a worker; it is ready when LiveKit knows it.

    Raises:
        ChildFailed: it does not get ready.
    """
    port = port_of(environment, "AGENT_HEALTH_PORT", 0) or free_port()
    # the health page does not tell whether LiveKit knows the worker; its log does
    tells = _logs_info(environment)

    async def is_ready(child: Child) -> bool:
        if not await _answers(f"http://{LOOPBACK}:{port}/"):
            return False
        return not tells or REGISTERED in child.logged()

    return await _start(
        "agent",
        "agents",
        {**environment, "AGENT_HEALTH_PORT": str(port)},
        log=log,
        echo=echo,
        is_ready=is_ready,
        timeout_s=AGENT_READY_S,
    )


async def _start(
    name: str,
    module: str,
    environment: Mapping[str, str],
    *,
    log: Path,
    echo: Echo | None,
    is_ready: Callable[[Child], Awaitable[bool]],
    timeout_s: float,
) -> Child:
    child = await Child.start(
        name,
        [sys.executable, "-m", module],
        env={**environment, "PYTHONUNBUFFERED": "1"},
        log=log,
        echo=echo,
    )
    try:
        await child.wait_until(lambda: is_ready(child), timeout_s=timeout_s)
    except BaseException:
        # nobody knows of this child yet
        await child.stop(grace_s=0)
        raise
    return child


def _logs_info(environment: Mapping[str, str]) -> bool:
    return environment.get("LOG_LEVEL", "INFO") in ("DEBUG", "INFO")


async def _answers(url: str) -> bool:
    """Whether the answer is 200."""
    with contextlib.suppress(aiohttp.ClientError, TimeoutError):
        async with aiohttp.ClientSession(timeout=_TIMEOUT) as http, http.get(url) as response:
            return response.status == 200
    return False


async def _ask(url: str) -> Mapping[str, Any]:
    """Return the JSON object that is answered; an empty one for everything else."""
    with contextlib.suppress(aiohttp.ClientError, TimeoutError, ValueError):
        async with aiohttp.ClientSession(timeout=_TIMEOUT) as http, http.get(url) as response:
            told = await response.json(content_type=None)
            return told if isinstance(told, dict) else {}
    return {}


async def _ask_readiness(url: str) -> tuple[bool, list[str]]:
    """Return whether it is ready, and what it says is in the way."""
    told = await _ask(url)
    problems = [f"{name}: {why}" for name, why in (told.get("problems") or {}).items()]
    return told.get("status") == "ready", problems
