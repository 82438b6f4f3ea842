"""What the bridges tell of their legs, brought to whoever follows one."""

import asyncio
import json
from collections.abc import AsyncIterator
from typing import Any

import aiohttp
import pytest
import pytest_asyncio
from aiohttp import web
from aiohttp.test_utils import TestServer

from agents.media.bridge.leg_events import LegFeeds
from shared.bridge.address import BridgeAddress
from shared.bridge.events import LegEvent
from shared.bridge.fleet import Bridges
from shared.process.of_call import OfItsCall, call_at_work, work_for, working_for
from tests.eventually import eventually


class ToldBridge:
    """A bridge of which only the events are there."""

    def __init__(self) -> None:
        self._lines: asyncio.Queue[bytes | None] = asyncio.Queue()
        self._number = 0
        self.listeners = 0

    def tell(self, leg: str, kind: str, **data: Any) -> None:
        self._number += 1
        event = {"seq": self._number, "at": "2026-11-27T03:00:00Z", "leg": leg, "type": kind}
        self._lines.put_nowait(json.dumps(event | {"data": data}).encode() + b"\n")

    def die(self) -> None:
        self._lines.put_nowait(None)

    async def serve(self, request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse(headers={"Bridge-Instance": "one"})
        await response.prepare(request)
        self.listeners += 1
        while (line := await self._lines.get()) is not None:
            await response.write(line)
        return response


class Follower:
    """Somebody who follows a leg."""

    def __init__(self) -> None:
        self.told: list[str] = []

    def leg_told(self, event: LegEvent) -> None:
        self.told.append(event.happening)

    def bridge_lost(self) -> None:
        self.told.append("lost")


class Stage:
    """A bridge, and the feeds of a process."""

    def __init__(self, bridge: ToldBridge, server: TestServer, http: aiohttp.ClientSession) -> None:
        self.bridge, self.server = bridge, server
        self.address = BridgeAddress.parse(str(server.make_url("")).rstrip("/"))
        self.feeds = LegFeeds(Bridges(http, [self.address], token="", timeout_s=2))


@pytest_asyncio.fixture
async def stage() -> AsyncIterator[Stage]:
    bridge = ToldBridge()
    app = web.Application()
    app.router.add_get("/events", bridge.serve)
    server = TestServer(app)
    async with aiohttp.ClientSession() as http, server:
        stage = Stage(bridge, server, http)
        yield stage
        await stage.feeds.aclose()
        bridge.die()


async def test_each_follower_hears_of_its_own_leg(stage: Stage) -> None:
    """One connection serves all."""
    one, two = Follower(), Follower()
    stage.feeds.follow(stage.address, "one", one)
    stage.feeds.follow(stage.address, "two", two)
    stage.bridge.tell("one", "ready")
    stage.bridge.tell("two", "connected", generation=1)
    stage.bridge.tell("one", "closed", why="x")
    await eventually(lambda: len(one.told) == 2)
    assert (one.told, two.told) == (["ready", "closed"], ["connected"])
    assert stage.bridge.listeners == 1


async def test_who_comes_later_hears_what_was_told_before(stage: Stage) -> None:
    """In its order; of a leg that is closed there is nothing left."""
    first = Follower()
    stage.feeds.follow(stage.address, "first", first)
    for kind in ("ready", "connected"):
        stage.bridge.tell("late", kind)
        stage.bridge.tell("over", kind)
    stage.bridge.tell("over", "closed", why="x")
    stage.bridge.tell("first", "ready")
    await eventually(lambda: first.told)
    late, over = Follower(), Follower()
    stage.feeds.follow(stage.address, "late", late)
    stage.feeds.follow(stage.address, "over", over)
    assert late.told == ["ready", "connected"]
    assert not over.told


async def test_who_is_told_works_for_its_own_call(stage: Stage) -> None:
    """Though all are told by one task: what they log is of the call that follows."""
    heard: list[str] = []

    class Speaker(Follower):
        def leg_told(self, event: LegEvent) -> None:
            heard.append(call_at_work() or "")

    async def follow(leg: str) -> None:
        work_for(f"call {leg}")
        stage.feeds.follow(stage.address, leg, Speaker())

    for leg in ("one", "two"):
        await asyncio.create_task(follow(leg))
        stage.bridge.tell(leg, "ready")
    await eventually(lambda: heard == ["call one", "call two"])


async def test_who_stops_hears_nothing_more(stage: Stage) -> None:
    """Another one of the same leg does."""
    one, other = Follower(), Follower()
    stop = stage.feeds.follow(stage.address, "leg", one)
    stage.feeds.follow(stage.address, "leg", other)
    stop()
    stage.bridge.tell("leg", "ready")
    await eventually(lambda: other.told)
    assert not one.told


async def test_the_death_of_a_bridge_is_told_to_all(
    stage: Stage, caplog: pytest.LogCaptureFixture
) -> None:
    """At once; and it is nobody's line, though a call was the first to listen."""
    caplog.handler.addFilter(OfItsCall())
    one, two = Follower(), Follower()
    with working_for("call one"):
        stage.feeds.follow(stage.address, "one", one)
    stage.feeds.follow(stage.address, "two", two)
    stage.bridge.tell("one", "ready")
    await eventually(lambda: one.told)
    stage.bridge.die()
    await stage.server.close()
    await eventually(lambda: one.told[-1] == "lost" and two.told == ["lost"])
    (line,) = (one for one in caplog.records if one.__dict__.get("action") == "bridge-lost")
    assert "call" not in line.__dict__
