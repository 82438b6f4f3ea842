"""Our client of the media bridge, with real bridges."""

import asyncio
import contextlib
import shutil
import signal
import tempfile
import time
import uuid
from collections.abc import AsyncIterator
from pathlib import Path

import aiohttp
import pytest
from livekit import api

from shared.bridge.address import BridgeAddress
from shared.bridge.client import BridgeClient
from shared.bridge.errors import (
    BridgeGone,
    BridgeRefused,
    BridgeUnreachable,
    LegUnknown,
    NoBridge,
)
from shared.bridge.events import Happening, LegEvent
from shared.bridge.feed import BridgeFeed
from shared.bridge.fleet import Bridges
from shared.bridge.legs import Gate, LegSpec, PeerSide, RoomSide, Side, leg_id
from shared.call.ids import CallId
from tests.eventually import eventually
from wacall.environment import LOOPBACK, free_port
from wacall.stack.bridge import PROGRAM, EmbeddedBridge
from wacall.stack.processes import Child
from wacall.stack.sfu import EmbeddedSfu

TIMEOUT_S = 3.0


@pytest.fixture
async def http() -> AsyncIterator[aiohttp.ClientSession]:
    async with aiohttp.ClientSession() as session:
        yield session


@contextlib.asynccontextmanager
async def running(folder: Path, max_legs: int = 100) -> AsyncIterator[EmbeddedBridge]:
    """A bridge of the test's own, which it may kill."""
    bridge = EmbeddedBridge(data_dir=folder, max_legs=max_legs)
    await bridge.start()
    try:
        yield bridge
    finally:
        await bridge.stop()


def client_of(bridge: EmbeddedBridge, http: aiohttp.ClientSession) -> BridgeClient:
    address = BridgeAddress.parse(bridge.url)
    return BridgeClient(http, address, token=bridge.token, timeout_s=TIMEOUT_S)


async def spec_in_a_room(sfu: EmbeddedSfu, http: aiohttp.ClientSession) -> LegSpec:
    """A leg of a call, as its caller."""
    call_id = CallId(str(uuid.uuid4()))
    name = leg_id(call_id, "caller")
    livekit = api.LiveKitAPI(sfu.http_url, sfu.keys.key, sfu.keys.secret, session=http)
    await livekit.room.create_room(api.CreateRoomRequest(name=f"wa-{call_id}"))
    token = (
        api.AccessToken(sfu.keys.key, sfu.keys.secret)
        .with_identity("caller")
        .with_grants(api.VideoGrants(room_join=True, room=f"wa-{call_id}"))
        .to_jwt()
    )
    room = RoomSide(url=sfu.url, token=token, track="caller-audio", hears="agent")
    return LegSpec(id=name, room=room, peer=PeerSide(digits=True))


async def test_a_leg_from_its_beginning_to_its_end(
    sfu: EmbeddedSfu, bridge: EmbeddedBridge, http: aiohttp.ClientSession
) -> None:
    """Made, looked at, told what to do, ended; and then it is unknown."""
    client, leg = client_of(bridge, http), await spec_in_a_room(sfu, http)
    assert "telephone-event" in await client.make(leg)
    assert leg.id in await client.legs()
    await client.gate(leg.id, Side.PEER, Gate.OPEN)
    state = await client.state(leg.id)
    assert (state.generation, state.gates[Side.PEER]) == (1, Gate.OPEN)
    assert await client.clear(leg.id, Side.ROOM) == 0
    assert "telephone-event" not in await client.renew(leg.id, PeerSide())
    with pytest.raises(BridgeRefused, match="leg of this id"):
        await client.make(leg)
    with pytest.raises(BridgeRefused) as refused:
        await client.answer(leg.id, "v=1")
    assert refused.value.refusal == "no-peer"
    assert await client.end(leg.id)
    assert not await client.end(leg.id)
    with pytest.raises(LegUnknown):
        await client.state(leg.id)


async def test_a_wrong_token_names_the_variable(
    bridge: EmbeddedBridge, http: aiohttp.ClientSession
) -> None:
    """Whoever set it up sees what to look at."""
    address = BridgeAddress.parse(bridge.url)
    client = BridgeClient(http, address, token="wrong", timeout_s=TIMEOUT_S)
    with pytest.raises(BridgeRefused, match="BRIDGE_TOKEN"):
        await client.legs()


async def test_what_is_no_bridge_is_told_as_such(
    sfu: EmbeddedSfu, http: aiohttp.ClientSession
) -> None:
    """Another server, or nobody."""
    stranger = BridgeAddress.parse(sfu.http_url)
    with pytest.raises(BridgeUnreachable, match="no media bridge"):
        await BridgeClient(http, stranger, token="", timeout_s=TIMEOUT_S).legs()
    nobody = BridgeAddress.parse(f"http://{LOOPBACK}:{free_port()}")
    with pytest.raises(BridgeGone):
        await BridgeClient(http, nobody, token="", timeout_s=TIMEOUT_S).health()


class Listener:
    """What a feed told."""

    def __init__(self, client: BridgeClient, *, from_now: bool = False) -> None:
        self.events: list[LegEvent] = []
        self.lost_at: list[float] = []
        self.feed = BridgeFeed(
            client,
            on_event=self.events.append,
            on_lost=lambda: self.lost_at.append(time.monotonic()),
            from_now=from_now,
        )

    @contextlib.asynccontextmanager
    async def listening(self) -> AsyncIterator[None]:
        task = asyncio.create_task(self.feed.run())
        try:
            async with asyncio.timeout(5):
                await self.feed.is_up.wait()
            yield
        finally:
            task.cancel()
            await asyncio.wait([task])

    def of(self, leg: str) -> list[Happening]:
        return [event.happening for event in self.events if event.leg == leg]


async def test_a_feed_tells_each_event_once_across_connections(
    sfu: EmbeddedSfu, bridge: EmbeddedBridge, http: aiohttp.ClientSession
) -> None:
    """What happens while nobody listens is told afterwards, and nothing twice."""
    client, leg = client_of(bridge, http), await spec_in_a_room(sfu, http)
    listener = Listener(client)
    async with listener.listening():
        await client.make(leg)
        await eventually(lambda: Happening.READY in listener.of(leg.id))
    await client.end(leg.id)
    async with listener.listening():
        await eventually(lambda: Happening.CLOSED in listener.of(leg.id))
    assert listener.of(leg.id).count(Happening.READY) == 1
    numbers = [event.seq for event in listener.events]
    assert numbers == sorted(set(numbers))
    assert not listener.lost_at


async def test_a_feed_may_begin_with_what_happens_from_now_on(
    sfu: EmbeddedSfu, bridge: EmbeddedBridge, http: aiohttp.ClientSession
) -> None:
    """Of a bridge that has run for long, the past is much, and of no use to who has just come."""
    client, leg = client_of(bridge, http), await spec_in_a_room(sfu, http)
    await client.make(leg)
    await eventually(lambda: _is_in_room(client, leg.id))
    listener = Listener(client, from_now=True)
    async with listener.listening():
        await client.end(leg.id)
        await eventually(lambda: Happening.CLOSED in listener.of(leg.id))
    assert Happening.READY not in listener.of(leg.id)
    assert not listener.lost_at


async def _is_in_room(client: BridgeClient, leg: str) -> bool:
    return (await client.state(leg)).in_room


async def test_a_killed_bridge_is_noticed_within_a_second(
    http: aiohttp.ClientSession, tmp_path: Path
) -> None:
    """By the end of its stream and the refused connection, once."""
    async with running(tmp_path) as bridge:
        listener = Listener(client_of(bridge, http))
        async with listener.listening():
            bridge.child.signal(signal.SIGKILL)
            killed_at = time.monotonic()
            await eventually(lambda: listener.lost_at)
            assert listener.lost_at[0] - killed_at < 1
            await asyncio.sleep(0.6)
            assert len(listener.lost_at) == 1


async def test_the_fleet_spares_what_is_gone_full_or_draining(
    sfu: EmbeddedSfu, http: aiohttp.ClientSession, tmp_path: Path
) -> None:
    """A new leg goes to a bridge that can take it."""
    async with running(tmp_path / "a", max_legs=1) as a, running(tmp_path / "b") as b:
        b.token = a.token
        first, second = BridgeAddress.parse(a.url), BridgeAddress.parse(b.url)
        nobody = BridgeAddress.parse(f"http://{LOOPBACK}:{free_port()}")
        fleet = Bridges(http, [nobody, first, second], token=a.token, timeout_s=TIMEOUT_S)
        assert await fleet.choose() == first
        # the one that was just chosen counts although it has no leg yet
        assert await fleet.choose() == second
        await fleet.client(str(first)).make(await spec_in_a_room(sfu, http))
        assert {await fleet.choose() for _ in range(3)} == {second}
        b.child.signal(signal.SIGKILL)
        await b.child.wait()
        with pytest.raises(NoBridge):
            await fleet.choose()
        await fleet.close()


async def test_a_bridge_may_listen_on_a_socket(http: aiohttp.ClientSession) -> None:
    """Which only this machine's processes reach, and which needs no token."""
    # a socket's path may have 107 characters (unix(7)), fewer than pytest's folders have
    with tempfile.TemporaryDirectory(prefix="br") as folder:
        address = BridgeAddress.parse(f"unix:{folder}/b.sock")
        fleet = Bridges(http, [address], token="", timeout_s=TIMEOUT_S)
        program = shutil.which(PROGRAM)
        assert program is not None
        bridge = await Child.start(
            "bridge", [program], env={"BRIDGE_LISTEN": str(address)}, log=Path(folder, "b.log")
        )
        try:
            await eventually(fleet.healths)
            assert await fleet.choose() == address
            assert await fleet.client(address).legs() == frozenset()
        finally:
            await bridge.stop(grace_s=1)
        with pytest.raises(BridgeGone):
            await fleet.client(address).health()
        await fleet.close()
