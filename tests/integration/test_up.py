"""`wacall up` as an operator runs it: ready, private, restarted, drained, and gone."""

import contextlib
import json
import re
import signal
import stat
from collections.abc import AsyncIterator
from pathlib import Path

import aiohttp
import psutil
import pytest

from shared.process.env_file import read_env_file
from tests.eventually import eventually
from tests.integration.up_process import SECRETS, Up, run_up

pytestmark = pytest.mark.timeout(180)


@pytest.fixture
async def up(tmp_path: Path) -> AsyncIterator[Up]:
    """`wacall up` in an empty directory, after its `ready`."""
    async with run_up(tmp_path) as running:
        await running.read_ready()
        yield running


def below(pid: int) -> set[psutil.Process]:
    """All processes that descend from this one."""
    return set(psutil.Process(pid).children(recursive=True))


def is_alive(process: psutil.Process) -> bool:
    """Whether it runs; one that only waits for init to take it away does not."""
    try:
        return process.is_running() and process.status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


async def wait_until_gone(processes: set[psutil.Process], within_s: float = 10) -> None:
    def alive() -> list[psutil.Process]:
        return [process for process in processes if is_alive(process)]

    await eventually(lambda: not alive(), within_s, last=alive)


async def status_of(url: str) -> int:
    timeout = aiohttp.ClientTimeout(total=5)
    async with aiohttp.ClientSession(timeout=timeout) as http, http.get(url) as response:
        return response.status


async def test_up_from_ready_to_stopped(up: Up) -> None:
    """`ready` names the parts, a dead part is replaced, SIGTERM ends all; no secret is shown.

    What is up is told while it starts; what will not work all the same, afterwards.
    """
    told = [line for line in up.lines if re.match(r"up +\| +[0-9]+\.[0-9] s  ", line)]
    assert {line.partition(" s  ")[2].strip() for line in told} >= {
        "SFU", "media bridge", "database", "control plane", "agent worker",
    }  # fmt: skip
    await up.read_until(r"up +\| Warning: .*WA_GRAPH_BASE_URL")
    await up.read_until(r"up +\| Warning: .*OPENAI_BASE_URL")
    assert set(up.ready) == {"controlplane", "dashboard", "livekit", "supabase", "bridge", "env"}
    assert await status_of(f"{up.ready['controlplane']}/readyz") == 200
    file = Path(up.ready["env"])
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    values = read_env_file(file)
    assert values["LIVEKIT_URL"] == up.ready["livekit"]
    assert values["SUPABASE_URL"] == up.ready["supabase"]
    assert values["CONTROLPLANE_URL"] == up.ready["controlplane"]

    parts = below(up.process.pid)
    victims = [one for one in parts if " ".join(one.cmdline()).endswith("-m controlplane")]
    assert len(victims) == 1
    victims[0].kill()
    await up.read_until(r"up +\| controlplane ended unexpectedly \(signal SIGKILL\)")
    await up.read_until(r"up +\| controlplane runs again")
    assert await status_of(f"{up.ready['controlplane']}/readyz") == 200

    parts |= below(up.process.pid)
    up.process.send_signal(signal.SIGTERM)
    output = await up.rest()
    assert up.process.returncode == 0, output
    await wait_until_gone(parts)
    secrets = [*SECRETS.values(), values["LIVEKIT_API_SECRET"], values["SUPABASE_SECRET_KEY"]]
    assert [secret for secret in secrets if secret in output] == []
    assert not file.exists()


async def test_nobody_else_sees_anything_and_nothing_survives_kill_9(
    up: Up, tmp_path: Path
) -> None:
    """No secret is an argument, no file is open to others; killed, `up` leaves no process behind.

    Both of one stack, which takes long to start and is not changed by being looked at.
    """
    parts = below(up.process.pid)
    check_that_nobody_sees_anything(up, parts, tmp_path)
    up.process.kill()
    await up.process.communicate()
    await wait_until_gone(parts)


def check_that_nobody_sees_anything(up: Up, parts: set[psutil.Process], tmp_path: Path) -> None:
    values = read_env_file(up.ready["env"])
    secrets = {name: value for name, value in values.items() if is_secret(name)} | SECRETS
    secrets |= json.loads((tmp_path / ".wacall" / "sfu" / "keys.json").read_text())
    assert len(secrets) > len(SECRETS)
    assert len(parts) > 8
    for part in parts:
        with contextlib.suppress(psutil.NoSuchProcess, psutil.ZombieProcess):
            shown = "\0".join(part.cmdline())
            assert [name for name, value in secrets.items() if value in shown] == [], shown

    open_to_others = {}
    for path in (tmp_path / ".wacall", *(tmp_path / ".wacall").rglob("*")):
        # Postgres makes and removes files all the time
        with contextlib.suppress(FileNotFoundError):
            mode = stat.S_IMODE(path.lstat().st_mode)
            if mode & 0o077:
                open_to_others[str(path.relative_to(tmp_path))] = oct(mode)
    assert open_to_others == {}


def is_secret(name: str) -> bool:
    """Whether a variable holds one."""
    return name.endswith(("_KEY", "_SECRET", "_TOKEN"))
