"""The project's own two services as children: started, and waited for until they are of use."""

import contextlib
import sys
from collections.abc import Awaitable, Callable, Mapping
from pathlib import Path

import aiohttp

from wacall.environment import LOOPBACK, free_port, port_of
from wacall.stack.processes import Child, Echo

CONTROLPLANE_READY_S = 30.0
AGENT_READY_S = 60.0
# what the worker's framework logs once LiveKit would send it jobs
REGISTERED = "registered worker"


async def start_controlplane(
    environment: Mapping[str, str], *, url: str, log: Path, echo: Echo | None
) -> Child:
    """Start a control plane; it is ready when it says so at `url`.

    Raises:
        ChildFailed: it does not get ready.
    """

    async def is_ready() -> bool:
        return await _answers(f"{url}/readyz")

    return await _start(
        "controlplane",
        "controlplane",
        environment,
        log=log,
        echo=echo,
        is_ready=lambda _: is_ready(),
        timeout_s=CONTROLPLANE_READY_S,
    )


async def start_agent(environment: Mapping[str, str], *, log: Path, echo: Echo | None) -> Child:
    """Start a worker; it is ready when LiveKit knows it.

    Raises:
        ChildFailed: it does not get ready.
    """
    port = port_of(environment, "AGENT_HEALTH_PORT", 0) or free_port()
    # the health page does not tell whether LiveKit knows the worker; its log does
    tells = environment.get("LOG_LEVEL", "INFO") in ("DEBUG", "INFO")

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


async def _answers(url: str) -> bool:
    """Whether the answer is 200."""
    timeout = aiohttp.ClientTimeout(total=5)
    with contextlib.suppress(aiohttp.ClientError, TimeoutError):
        async with aiohttp.ClientSession(timeout=timeout) as http, http.get(url) as response:
            return response.status == 200
    return False
