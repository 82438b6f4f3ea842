"""A control plane as a process of its own: one that can be killed."""

import contextlib
import os
import signal
import sys
from collections.abc import AsyncIterator, Mapping
from pathlib import Path

import aiohttp

from wacall.environment import free_port
from wacall.stack.processes import Child

_START_S = 30.0


class Replica:
    """One process; `port` is where it listens."""

    def __init__(self, child: Child, port: int) -> None:
        self._child = child
        self.port = port

    @classmethod
    @contextlib.asynccontextmanager
    async def running(cls, variables: Mapping[str, str], log: Path) -> "AsyncIterator[Replica]":
        """Start one with these variables; it serves when this returns, and killed at the end."""
        port = free_port()
        child = await Child.start(
            "controlplane",
            [sys.executable, "-m", "controlplane"],
            env={
                **os.environ,
                "PYTHONPATH": os.pathsep.join(path for path in sys.path if path),
                **variables,
                "HOST": "127.0.0.1",
                "PORT": str(port),
            },
            log=log,
        )
        try:
            async with aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=5)) as http:

                async def is_ready() -> bool:
                    with contextlib.suppress(aiohttp.ClientError, TimeoutError):
                        async with http.get(f"http://127.0.0.1:{port}/healthz") as response:
                            return response.status == 200
                    return False

                await child.wait_until(is_ready, timeout_s=_START_S)
            yield cls(child, port)
        finally:
            if child.returncode is None:
                child.kill()
            await child.wait()

    async def die(self) -> None:
        """Die at once, as with `kill -9`."""
        self._child.signal(signal.SIGKILL)
        await self._child.wait()
