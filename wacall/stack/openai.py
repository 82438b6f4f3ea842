"""OpenAI's stand-in as a process of its own.

Its speech work would disturb the simulated phones, which send and count a packet every 20 ms.
"""

import asyncio
import json
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from wacall.environment import REPOSITORY
from wacall.stack.processes import Child

SCENARIO = REPOSITORY / "simulators" / "scenarios" / "harbor-bikes.yaml"
"""What is said in the demo and in the bench, unless told otherwise."""

READY_TIMEOUT_S = 90.0

Listener = Callable[[Mapping[str, Any]], None]
"""Takes one happening, as `wacall simulate openai --json` tells it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class EmbeddedOpenAI:
    """A running one."""

    child: Child
    base_url: str
    """As OPENAI_BASE_URL has it."""


async def start_openai(
    *,
    environment: Mapping[str, str],
    log: Path,
    port: int = 0,
    scenario: Path | None = SCENARIO,
    listener: Listener = lambda _: None,
) -> EmbeddedOpenAI:
    """Start it and wait until it answers; from then on `listener` hears of what happens there.

    Without a scenario it talks about whatever it hears.

    Raises:
        ChildFailed: it does not get ready.
    """
    base_url = asyncio.get_running_loop().create_future()

    def take(_: str, line: str) -> None:
        told = read_happening(line)
        if told.get("kind") == "ready" and not base_url.done():
            base_url.set_result(str(told["base_url"]))
        elif told:
            listener(told)

    async def is_ready() -> bool:
        return base_url.done()

    child = await Child.start(
        "simulated OpenAI",
        [
            sys.executable, "-m", "wacall.cli", "simulate", "openai", "--json",
            "--port", str(port), *(() if scenario is None else ("--scenario", scenario)),
        ],
        env={**environment, "PYTHONUNBUFFERED": "1"},
        log=log,
        echo=take,
    )  # fmt: skip
    try:
        await child.wait_until(is_ready, timeout_s=READY_TIMEOUT_S)
    except BaseException:
        # nobody knows of this child yet
        await child.stop(grace_s=0)
        raise
    return EmbeddedOpenAI(child=child, base_url=await base_url)


def read_happening(line: str) -> Mapping[str, Any]:
    """Read one line of NDJSON; what else a process may print is nothing."""
    try:
        told = json.loads(line)
    except ValueError:
        return {}
    return told if isinstance(told, dict) else {}
