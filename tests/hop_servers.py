"""The real rtpengine and the real Redis as fixtures."""

import asyncio
import contextlib
import os
import shutil
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio

from controlplane.core.hop import KeyPressed
from controlplane.rtpengine.key_reports import KeyListener
from tests.servers import watch_log
from wacall.bootstrap.debian import obstacle
from wacall.environment import free_port
from wacall.stack.hop import HOW_TO_GET_IT, EmbeddedHop, HopPlan, find_hop
from wacall.stack.processes import Child, ChildFailed

LOOPBACK = "127.0.0.1"


def missing(sentence: str) -> None:
    """Fail; only where nobody could install it and nobody relies on us, skip."""
    why_not = obstacle()
    if why_not is not None and not os.environ.get("CI"):
        pytest.skip(f"{sentence} ({why_not})")
    pytest.fail(sentence, pytrace=False)


@pytest_asyncio.fixture(scope="session")
async def keys() -> AsyncIterator[tuple[KeyListener, list[KeyPressed]]]:
    """Where the hop reports keys to, and what it reported."""
    heard: list[KeyPressed] = []
    listener = KeyListener(heard.append)
    await listener.open(LOOPBACK, 0)
    yield listener, heard
    listener.close()


@pytest_asyncio.fixture(scope="session")
async def hop(
    tmp_path_factory: pytest.TempPathFactory,
    pytestconfig: pytest.Config,
    keys: tuple[KeyListener, list[KeyPressed]],
) -> AsyncIterator[EmbeddedHop]:
    """An rtpengine on loopback."""
    if find_hop(os.environ) is None:
        missing(HOW_TO_GET_IT)
    plan = HopPlan(dtmf_to=f"{LOOPBACK}:{keys[0].port}")
    server = EmbeddedHop(plan=plan, log=tmp_path_factory.mktemp("hop") / "hop.log")
    watch_log(pytestconfig, server.log)
    try:
        await server.start()
    except ChildFailed as failure:
        pytest.fail(str(failure), pytrace=False)
    yield server
    await server.stop()


@contextlib.asynccontextmanager
async def running_redis(directory: Path) -> AsyncIterator[str]:
    """Run a Redis in memory; give its database as rtpengine wants it: host:port/number."""
    program = shutil.which("redis-server")
    if program is None:
        missing("redis-server is not installed: on Debian, apt-get install redis-server as root.")
    port = free_port()
    child = await Child.start(
        "redis",
        [str(program), "--bind", LOOPBACK, "--port", str(port), "--save", "", "--appendonly", "no"],
        env={"PATH": os.environ["PATH"]},
        log=directory / "redis.log",
        cwd=directory,
    )
    try:

        async def answers() -> bool:
            try:
                _, writer = await asyncio.open_connection(LOOPBACK, port)
            except OSError:
                return False
            writer.close()
            return True

        await child.wait_until(answers, timeout_s=10)
        yield f"{LOOPBACK}:{port}/5"
    finally:
        await child.stop(grace_s=2)
