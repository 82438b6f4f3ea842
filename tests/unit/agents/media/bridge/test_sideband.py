"""The sideband of a call at OpenAI, across broken connections."""

import asyncio
from collections.abc import AsyncIterator, Callable
from typing import Any, cast

import pytest_asyncio

from agents.media.bridge.openai_calls import Attached, CallGone, OpenAICalls, SidebandLost
from agents.media.bridge.sideband import Sideband
from tests.eventually import eventually


class ScriptedConnection:
    """One connection, which the test breaks."""

    def __init__(self) -> None:
        self.coming: asyncio.Queue[dict[str, Any] | None] = asyncio.Queue()
        self.sent: list[dict[str, Any]] = []
        self.is_deaf = False

    async def receive(self) -> dict[str, Any]:
        event = await self.coming.get()
        if event is None:
            raise SidebandLost
        return event

    async def send(self, event: dict[str, Any]) -> None:
        if self.is_deaf:
            raise SidebandLost
        self.sent.append(event)

    async def close(self) -> None:
        self.coming.put_nowait(None)


class ScriptedCalls:
    """Gives the connections, or the failures, that a test wants, one after the other."""

    def __init__(self, *steps: ScriptedConnection | Exception) -> None:
        self.steps = list(steps)

    async def attach(self, call_id: str) -> Attached:
        assert call_id == "rtc_1"
        step = self.steps.pop(0) if self.steps else CallGone()
        if isinstance(step, Exception):
            raise step
        return cast(Attached, step)


class Heard:
    """Who is told."""

    def __init__(self) -> None:
        self.events: list[Any] = []
        self.gone = 0

    def end(self) -> None:
        self.gone += 1


Open = Callable[..., Sideband]


@pytest_asyncio.fixture
async def opened() -> AsyncIterator[tuple[Heard, Open]]:
    heard, made = Heard(), list[Sideband]()

    def make(*steps: ScriptedConnection | Exception) -> Sideband:
        calls = cast(OpenAICalls, ScriptedCalls(*steps))
        side = Sideband(calls, "rtc_1", on_event=heard.events.append, on_gone=heard.end)
        made.append(side)
        return side

    yield heard, make
    for side in made:
        await side.aclose()


async def test_events_go_both_ways(opened: tuple[Heard, Open]) -> None:
    """What is sent before it stands is not lost."""
    heard, make = opened
    connection = ScriptedConnection()
    side = make(connection)
    side.send({"type": "one"})
    connection.coming.put_nowait({"type": "session.created"})
    await asyncio.wait_for(side.is_up.wait(), 2)
    side.send({"type": "two"})
    await eventually(lambda: len(connection.sent) == 2)
    assert connection.sent == [{"type": "one"}, {"type": "two"}]
    assert heard.events == [{"type": "session.created"}]


async def test_a_broken_connection_is_made_again(opened: tuple[Heard, Open]) -> None:
    """What could not be sent goes over the next one, once and in order."""
    heard, make = opened
    first, second = ScriptedConnection(), ScriptedConnection()
    first.is_deaf = True
    side = make(SidebandLost(), first, SidebandLost(), second)
    side.send({"type": "one"})
    first.coming.put_nowait({"type": "hello"})
    await asyncio.wait_for(side.is_up.wait(), 2)
    first.coming.put_nowait(None)
    await eventually(lambda: not side.is_up.is_set())
    side.send({"type": "two"})
    second.coming.put_nowait({"type": "again"})
    await eventually(lambda: len(second.sent) == 2)
    assert second.sent == [{"type": "one"}, {"type": "two"}]
    assert heard.gone == 0


async def test_a_call_that_is_gone_is_told_once(opened: tuple[Heard, Open]) -> None:
    """OpenAI does not know it any more."""
    heard, make = opened
    side = make(SidebandLost(), CallGone())
    await asyncio.wait_for(side.has_ended.wait(), 2)
    assert heard.gone == 1


async def test_who_leaves_is_not_told_of_an_end(opened: tuple[Heard, Open]) -> None:
    """We know."""
    heard, make = opened
    side = make(ScriptedConnection())
    await asyncio.sleep(0)
    await side.aclose()
    await side.aclose()
    assert heard.gone == 0
    assert side.has_ended.is_set()


async def test_what_waits_is_bounded(opened: tuple[Heard, Open]) -> None:
    """Without a connection nothing piles up for ever."""
    _, make = opened
    connection = ScriptedConnection()
    side = make(connection)
    for number in range(1000):
        side.send({"type": str(number)})
    await eventually(lambda: len(connection.sent) == 300)
    await asyncio.sleep(0)
    assert connection.sent[-1] == {"type": "299"}
