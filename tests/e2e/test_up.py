"""`wacall up` is told to stop while somebody talks: everybody learns of it, nothing stays."""

import asyncio
import json
import signal
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import psutil
import pytest
import pytest_asyncio

from shared.call.call import CallStatus, EndReason
from shared.call.ids import WhatsAppCallId
from shared.database.supabase import SupabaseStore
from shared.process.env_file import read_env_file
from simulators.meta.people.call_plan import CallPlan
from simulators.meta.webhooks.calls import Caller
from simulators.meta.whatsapp import WhatsAppSimulator
from tests.e2e.conftest import (
    SECRETS,
    SimulatedOpenAI,
    answered,
    below,
    environment,
    make_whatsapp,
)
from tests.e2e.privacy import leaks
from tests.eventually import eventually
from wacall.environment import free_port
from wacall.stack.database import LocalSupabase

pytestmark = pytest.mark.timeout(120)

READY_S = 60
GONE_S = 30
CALLER = Caller(
    phone="4915799887766", name="Quixwórth Zebulon", user_id="DE.70707070123456789", username="zeb"
)


class Up:
    """A running `wacall up` and all that it says."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self.process = process
        self.lines: list[str] = []
        self.ready: asyncio.Future[dict[str, str]] = asyncio.get_running_loop().create_future()
        self.reading = asyncio.create_task(self._read())

    async def _read(self) -> None:
        assert self.process.stdout is not None
        async for line in self.process.stdout:
            self.lines.append(line.decode())
            if line.startswith(b"ready ") and not self.ready.done():
                words = line.decode().split()[1:]
                self.ready.set_result(dict(word.split("=", 1) for word in words))


@pytest_asyncio.fixture
async def whatsapp() -> AsyncIterator[WhatsAppSimulator]:
    """A Meta of this test's own, for its own webhook."""
    async with make_whatsapp() as simulator:
        yield simulator


@pytest_asyncio.fixture
async def up(
    whatsapp: WhatsAppSimulator, openai: SimulatedOpenAI, tmp_path: Path
) -> AsyncIterator[Up]:
    """`wacall up` in an empty directory, with logs in JSON."""
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "wacall.cli", "up",
        env={
            **environment(whatsapp, openai),
            "PORT": str(free_port()),
            "SFU_PORT": "0",
            "SFU_UDP_PORT": "0",
            "DRAIN_TIMEOUT_S": "0.5",
            "LOG_FORMAT": "json",
        },
        cwd=tmp_path, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT,
        limit=2**20,
    )  # fmt: skip
    running = Up(process)
    yield running
    if process.returncode is None:
        process.kill()
    await asyncio.wait_for(process.wait(), GONE_S)
    await asyncio.wait_for(running.reading, GONE_S)


async def test_sigterm_during_a_call(
    up: Up, whatsapp: WhatsAppSimulator, openai: SimulatedOpenAI, tmp_path: Path
) -> None:
    """After the drain the call ends as `shutdown`, Meta is told, every process is gone."""
    ready = await asyncio.wait_for(up.ready, READY_S)
    values = read_env_file(ready["env"])
    whatsapp.webhook_url = f"{ready['controlplane']}/wa/webhook"
    person = await answered(whatsapp, CallPlan(caller=CALLER))
    call = person.call
    await person.say(openai.script.caller[0].say)
    start = await call.phone.wait_agent_speaking(30)
    # more than a word or two, which would be found in any log
    await call.phone.wait_until(lambda: call.phone.now - start >= 1.2, 10)

    pids = below(up.process.pid)
    up.process.send_signal(signal.SIGTERM)
    end = await call.ended(30)
    assert await asyncio.wait_for(up.process.wait(), GONE_S) == 0
    await eventually(lambda: not any(psutil.pid_exists(pid) for pid in pids), 5)

    assert end.by == "business"
    assert [request.action for request in call.requests] == ["pre_accept", "accept", "terminate"]
    assert call.violations == []
    assert openai.simulator.open_sessions == 0
    spoken = await check_database(tmp_path, call.wacid)
    check_output(up.lines, leaks("".join(up.lines), call, spoken, secrets(values)))


async def check_database(directory: Path, wacid: str) -> list[str]:
    """Look at what the stack left in its database; return what was said."""
    database = LocalSupabase(directory / ".wacall" / "supabase")
    await database.start()
    try:
        store = await SupabaseStore.connect(database.url, database.secret_key)
        row = await store.find_call(WhatsAppCallId(wacid))
        assert row is not None
        turns = await store.list_transcripts(row.id)
        await store.close()
    finally:
        await database.stop()
    assert (row.status, row.end_reason) == (CallStatus.COMPLETED, EndReason.SHUTDOWN)
    assert row.released_at is not None
    # what was being said when the end came is kept as far as it got
    assert [turn.speaker for turn in turns] == ["assistant", "user", "assistant"]
    return [turn.text for turn in turns]


def secrets(values: dict[str, str]) -> dict[str, str]:
    made = ("LIVEKIT_API_SECRET", "SUPABASE_SECRET_KEY")
    return {**SECRETS, **{name: values[name] for name in made}}


def check_output(lines: list[str], leaked: list[str]) -> None:
    """One object a line for both services, at DEBUG, and nothing private in it."""
    assert leaked == []
    for service in ("controlplane", "agent"):
        said = [line.partition("| ")[2] for line in lines if line.startswith(f"{service} ")]
        records = [json.loads(line) for line in said]
        assert {"debug", "info"} <= {record["level"] for record in records}
        assert all({"time", "level", "logger", "message"} <= set(record) for record in records)
