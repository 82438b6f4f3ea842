"""`wacall up` as a process of its own, as an operator runs it."""

import asyncio
import contextlib
import os
import re
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from wacall.environment import free_port

READY_S = 90
SECRETS = {
    "WA_VERIFY_TOKEN": "verify-me-0123",
    "WA_APP_SECRET": "app-secret-0123",
    "WA_ACCESS_TOKEN": "access-token-0123",
    "OPENAI_API_KEY": "sk-key-0123",
    "CONTROLPLANE_API_KEY": "operator-key-0123",
}


class Up:
    """A running `wacall up`."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self.process = process
        self.lines: list[str] = []
        self.ready: dict[str, str] = {}

    @property
    def said(self) -> str:
        """What it has printed so far."""
        return "".join(self.lines)

    async def read_until(self, pattern: str, within_s: float = READY_S) -> str:
        assert self.process.stdout is not None
        try:
            async with asyncio.timeout(within_s):
                while line := (await self.process.stdout.readline()).decode():
                    self.lines.append(line)
                    if re.match(pattern, line):
                        return line
        except TimeoutError:
            pass
        pytest.fail(f"no line {pattern!r} in:\n{''.join(self.lines)}")

    async def read_ready(self) -> None:
        """Wait for `ready`, and keep what it names."""
        line = await self.read_until("ready ")
        self.ready = dict(part.split("=", 1) for part in line.split()[1:])

    async def rest(self, within_s: float = 60) -> str:
        async with asyncio.timeout(within_s):
            out, _ = await self.process.communicate()
        self.lines.append(out.decode())
        return "".join(self.lines)


@contextlib.asynccontextmanager
async def run_up(
    directory: Path, *arguments: str, command: str = "up", **variables: str
) -> AsyncIterator[Up]:
    """Start it (or `wacall try`) in a directory; what still runs at the end is killed."""
    environment = {
        **os.environ,
        **SECRETS,
        "PORT": str(free_port()),
        "SFU_PORT": "0",
        "SFU_UDP_PORT": "0",
        "WA_PHONE_NUMBER_ID": "106540352242922",
        "WA_GRAPH_BASE_URL": "http://127.0.0.1:9",
        "OPENAI_BASE_URL": "http://127.0.0.1:9/v1",
        "CLIPS_DIR": "none",
        "DRAIN_TIMEOUT_S": "2",
        "AGENT_LOAD_THRESHOLD": "inf",
        "PYTHONPATH": os.pathsep.join(path for path in sys.path if path),
        **variables,
    }
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "wacall.cli", command, *arguments,
        env=environment, cwd=directory,
        stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT, limit=2**20,
        # as most shells have it
        umask=0o022,
    )  # fmt: skip
    try:
        yield Up(process)
    finally:
        if process.returncode is None:
            process.kill()
            await process.communicate()
