"""Server-sent events, without a database: who is told what, and when nobody is looked for."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from datetime import UTC, datetime
from typing import Any

import pytest_asyncio
from aiohttp import web
from aiohttp.test_utils import TestClient, TestServer

from controlplane.dashboard.stream import LISTENERS, LiveStream
from shared.call.errors import StoreUnavailable

Client = TestClient[web.Request, web.Application]


class Calls:
    """Rows that a test writes; a look can be waited for."""

    def __init__(self) -> None:
        self.rows: list[dict[str, Any]] = []
        self.looks = 0
        self.is_down = False

    async def read(self, others: Sequence[str]) -> list[dict[str, Any]]:
        self.looks += 1
        if self.is_down:
            raise StoreUnavailable
        return [row for row in self.rows if row["status"] == "active" or row["id"] in others]

    def write(self, status: str, updated_at: str) -> None:
        self.rows = [
            {
                "id": "c1", "direction": "inbound", "status": status, "profile": "shop",
                "created_at": "2026-01-31T12:00:00+00:00", "updated_at": updated_at,
                "answered_at": None, "caller_phone": "15550100123", "cost_usd": None,
            }
        ]  # fmt: skip


@pytest_asyncio.fixture
async def calls() -> Calls:
    """What the database holds."""
    return Calls()


@pytest_asyncio.fixture
async def client(calls: Calls) -> AsyncIterator[Client]:
    """A server with the stream alone, which looks often."""
    stream = LiveStream(calls.read, lambda: datetime.now(UTC), every_s=0.01)
    app = web.Application()
    app.add_routes([web.get("/events", stream.events)])
    app.on_shutdown.append(stream.close)
    async with TestClient(TestServer(app)) as found:
        yield found


async def told(page: Any, until: str) -> str:
    """Read a page's stream until a text comes."""
    heard = ""
    async with asyncio.timeout(30):
        while until not in heard:
            line = await page.content.readline()
            assert line, heard
            heard += line.decode()
    return heard


async def test_a_call_appears_changes_and_goes(client: Client, calls: Calls) -> None:
    """Whatever happens to it is told by its id, after the end too; an outage ends nothing."""
    async with client.get("/events") as page:
        assert page.headers["X-Accel-Buffering"] == "no"
        assert page.content_type == "text/event-stream"
        await told(page, 'event: now\ndata: {"calls":[]}')
        calls.write("active", "u1")
        assert "…23" in (await told(page, '"call_id":"c1"')).encode().decode("unicode_escape")
        await told(page, 'event: call\ndata: {"call_id":"c1"}')
        calls.is_down = True
        seen = calls.looks
        while calls.looks < seen + 3:
            await asyncio.sleep(0)
        calls.is_down = False
        calls.write("completed", "u2")
        await told(page, 'event: now\ndata: {"calls":[]}')
        await told(page, 'event: call\ndata: {"call_id":"c1"}')
        calls.write("completed", "u3")
        await told(page, 'event: call\ndata: {"call_id":"c1"}')


async def test_many_pages_cost_one_look_and_none_costs_none(client: Client, calls: Calls) -> None:
    """Too many are refused in a sentence; when the last has gone nobody looks any more."""
    pages = [await client.get("/events") for _ in range(LISTENERS)]
    refused = await client.get("/events")
    assert refused.status == 503
    assert "close some" in await refused.text()
    stream_tasks = [one for one in asyncio.all_tasks() if "_look_on" in repr(one.get_coro())]
    assert len(stream_tasks) == 1
    for page in pages:
        page.close()
    calls.write("active", "u1")
    async with asyncio.timeout(30):
        await asyncio.wait(stream_tasks)
