"""Somebody's own agent as a program: started as its page says, registered at the tests' LiveKit."""

import contextlib
import os
import sys
from collections.abc import AsyncIterator
from pathlib import Path

from tests import paths
from wacall.stack.processes import Child
from wacall.stack.sfu import EmbeddedSfu

_REGISTERS_S = 60.0


@contextlib.asynccontextmanager
async def running_program(
    script: Path, *, name: str, sfu: EmbeddedSfu, log: Path, **environment: str
) -> AsyncIterator[None]:
    """Run it until the block is left; nothing but its environment is of the test."""
    child = await Child.start(
        name,
        [sys.executable, str(script), "start"],
        env={
            **os.environ,
            "LIVEKIT_URL": sfu.url,
            "LIVEKIT_API_KEY": sfu.keys.key,
            "LIVEKIT_API_SECRET": sfu.keys.secret,
            "AGENT_NAME": name,
            # the framework's own models take half a minute to load here, and are not used
            "LIVEKIT_AGENTS_PRELOAD_LOCAL_INFERENCE": "0",
            # as for somebody who has installed the wheel
            "PYTHONPATH": str(paths.ROOT),
            **environment,
        },
        log=log,
    )
    try:

        async def registered() -> bool:
            return "registered worker" in log.read_text("utf-8", errors="replace")

        await child.wait_until(registered, timeout_s=_REGISTERS_S)
        yield
    finally:
        await child.stop(grace_s=10)
