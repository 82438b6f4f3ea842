"""The agent's leg as its voice sees it."""

import asyncio
from collections.abc import AsyncIterator, Mapping
from datetime import UTC, datetime
from typing import Any, cast

import pytest
import pytest_asyncio

from agents.media.bridge.leg import Caller, LegOrders, read_key
from shared.bridge.client import BridgeClient
from shared.bridge.errors import BridgeUnreachable, LegUnknown
from shared.bridge.events import Happening, LegEvent
from shared.bridge.legs import Gate, Side
from tests.eventually import eventually
from tests.unit.agents.media.bridge.told_story import ToldStory


class ObedientBridge:
    """Keeps the orders that it has taken; fails as often as a test wants."""

    def __init__(self) -> None:
        self.taken: list[tuple[Any, ...]] = []
        self.failures: list[Exception] = []
        self.asked = 0
        self.may_go_on = asyncio.Event()
        self.may_go_on.set()

    async def gate(self, leg: str, stream: Side, gate: Gate, *, release_within_s: float) -> None:
        await self._take("gate", stream, gate, release_within_s)

    async def attributes(self, leg: str, attributes: Mapping[str, str]) -> None:
        await self._take(*attributes.values())

    async def _take(self, *order: Any) -> None:
        self.asked += 1
        await self.may_go_on.wait()
        if self.failures:
            raise self.failures.pop(0)
        self.taken.append(order)


@pytest_asyncio.fixture
async def bridge() -> ObedientBridge:
    return ObedientBridge()


@pytest_asyncio.fixture
async def orders(bridge: ObedientBridge) -> AsyncIterator[LegOrders]:
    orders = LegOrders(cast(BridgeClient, bridge), "leg")
    yield orders
    await orders.aclose()


async def test_orders_are_carried_out_in_their_order(
    bridge: ObedientBridge, orders: LegOrders
) -> None:
    """Though the first one has to be repeated."""
    bridge.failures = [BridgeUnreachable(), BridgeUnreachable()]
    orders.gate(Side.ROOM, Gate.HELD, release_within_s=5)
    orders.gate(Side.ROOM, Gate.OPEN)
    await eventually(lambda: len(bridge.taken) == 2)
    assert bridge.taken == [
        ("gate", Side.ROOM, Gate.HELD, 5),
        ("gate", Side.ROOM, Gate.OPEN, 0),
    ]


@pytest.mark.parametrize(
    ("error", "asked"), [(BridgeUnreachable(), 3), (LegUnknown("no-leg", "It has ended."), 1)]
)
async def test_an_order_that_cannot_be_carried_out_holds_no_other_up(
    bridge: ObedientBridge, orders: LegOrders, error: Exception, asked: int
) -> None:
    """It is given up; at once if the leg has ended."""
    bridge.failures = [error] * asked
    orders.gate(Side.ROOM, Gate.OPEN)
    orders.gate(Side.PEER, Gate.OPEN)
    await eventually(lambda: bridge.taken)
    assert bridge.taken == [("gate", Side.PEER, Gate.OPEN, 0)]
    assert bridge.asked == asked + 1


async def test_of_several_states_the_newest_is_shown(
    bridge: ObedientBridge, orders: LegOrders
) -> None:
    """And none twice."""
    bridge.may_go_on.clear()
    for state in ("listening", "thinking", "speaking", "speaking"):
        orders.show(state)
    await eventually(lambda: bridge.asked)
    bridge.may_go_on.set()
    orders.gate(Side.ROOM, Gate.OPEN)
    await eventually(lambda: len(bridge.taken) == 2)
    assert bridge.taken[0] == ("speaking",)


def told(happening: Happening, **data: Any) -> LegEvent:
    """An event of the leg."""
    data = {key.rstrip("_"): value for key, value in data.items()}
    return LegEvent(seq=1, at=datetime.now(UTC), leg="leg", happening=happening, data=data)


STATUS = {"whatsapp.callStatus": "ringing", "other": "x"}


def test_what_is_known_of_the_caller_is_told_once_somebody_watches() -> None:
    """In a sentence of three: there, heard, status."""
    story = ToldStory()
    caller = Caller(story)
    caller.leg_told(told(Happening.JOINED, identity="caller"))
    caller.leg_told(told(Happening.ATTRIBUTES, identity="caller", attributes=STATUS))
    caller.leg_told(told(Happening.FIRST_PACKET, from_="room"))
    caller.leg_told(told(Happening.DATA, topic="dtmf", from_="", text='{"digit": "5"}'))
    assert story.told == []
    caller.watch()
    assert story.told == ["seen", "media", "status ringing"]


def test_only_the_caller_is_watched() -> None:
    """Others come and go, and the peer sends packets of its own."""
    story = ToldStory()
    caller = Caller(story)
    caller.watch()
    caller.leg_told(told(Happening.JOINED, identity="operator"))
    caller.leg_told(told(Happening.ATTRIBUTES, identity="operator", attributes=STATUS))
    caller.leg_told(told(Happening.FIRST_PACKET, from_="peer", generation=1))
    caller.leg_told(told(Happening.LEFT, identity="operator"))
    assert story.told == []


def test_a_leg_that_comes_again_has_to_be_heard_again() -> None:
    """WHIP tries again under the same identity."""
    story = ToldStory()
    caller = Caller(story)
    caller.watch()
    caller.leg_told(told(Happening.FIRST_PACKET, from_="room"))
    caller.leg_told(told(Happening.LEFT, identity="caller"))
    caller.leg_told(told(Happening.JOINED, identity="caller"))
    assert story.told == ["seen", "media", "status None", "left", "seen", "status None"]


@pytest.mark.parametrize(
    ("topic", "by", "text", "key"),
    [
        ("dtmf", "", '{"digit": "5"}', "5"),
        ("dtmf", "", '{"digit": "*"}', "*"),
        ("chat", "", '{"digit": "5"}', None),
        ("dtmf", "operator", '{"digit": "5"}', None),
        ("dtmf", "", "junk", None),
        ("dtmf", "", '{"digit": "55"}', None),
    ],
)
def test_only_the_server_s_keys_count(topic: str, by: str, text: str, key: str | None) -> None:
    """A participant could press keys in the customer's name."""
    assert read_key(told(Happening.DATA, topic=topic, from_=by, text=text)) == key
