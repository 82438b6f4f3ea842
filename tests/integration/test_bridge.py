"""The media bridge with the real LiveKit server: what is heard at the far ends."""

import asyncio
import shutil
import signal
import subprocess
import time
from collections.abc import AsyncIterator

import aiohttp
import pytest
import pytest_asyncio
from livekit import api

from tests.eventually import eventually
from tests.integration.bridge_call import (
    CALLER_HZ,
    MODEL_HZ,
    OPERATOR_HZ,
    BridgeCall,
    BridgeRefused,
    Singer,
    bridge_call,
)
from wacall.bootstrap.go_programs import BRIDGE_SOURCE, find_go, go_environment
from wacall.stack.bridge import EmbeddedBridge
from wacall.stack.sfu import EmbeddedSfu

# the first build with the race detector, on a busy machine
GO_TESTS_S = 600


@pytest_asyncio.fixture
async def call(sfu: EmbeddedSfu, bridge: EmbeddedBridge) -> AsyncIterator[BridgeCall]:
    async with bridge_call(sfu, bridge) as call:
        yield call


@pytest.mark.timeout(GO_TESTS_S + 10)
def test_the_bridges_own_tests_pass() -> None:
    """In Go, with the race detector."""
    go = find_go()
    if go is None or shutil.which("cc") is None:
        pytest.fail("The race detector needs Go and a C compiler: install gcc.", pytrace=False)
    done = subprocess.run(
        [go, "vet", "."], cwd=BRIDGE_SOURCE, env=go_environment(), capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    done = subprocess.run(
        [go, "test", "-race", "-timeout", f"{GO_TESTS_S}s", "."],
        cwd=BRIDGE_SOURCE,
        env=go_environment() | {"CGO_ENABLED": "1"},
        capture_output=True,
        text=True,
        timeout=GO_TESTS_S,
    )
    assert done.returncode == 0, done.stdout + done.stderr


async def test_a_phone_in_the_room_and_a_peer_hear_each_other(call: BridgeCall) -> None:
    """The WHIP leg hears what the peer says, the peer what the phone says, as sent."""
    await call.open()
    await call.join()
    await call.talk()
    status = await call.leg("GET")
    assert status["received"]["peer"]["lost"] == 0
    assert status["received"]["room"]["lost"] == 0
    assert call.told("first-packet")


async def test_the_phone_gets_silence_and_no_word_before_the_gate_opens(call: BridgeCall) -> None:
    """Closed: not one packet. Held: silence. The word is kept, and heard from its beginning."""
    await call.open()
    await call.join()
    call.model.sing(MODEL_HZ)
    await asyncio.sleep(0.3)
    assert call.caller.counts.packets == 0
    await call.gate("room", "held", release_within_s=20)
    await eventually(lambda: call.caller.counts.packets > 20)
    assert call.caller.counts.first_audible_at is None
    call.caller.sing(CALLER_HZ)
    await eventually(lambda: call.caller.hears(MODEL_HZ))
    assert (await call.until("released"))["data"] == {"stream": "room"}


async def test_the_peer_is_renewed_under_a_running_call(call: BridgeCall) -> None:
    """Another peer goes on where the first one was; the phone sees one stream and hardly a gap."""
    await call.open()
    await call.join()
    await call.talk()
    other = Singer()
    try:
        renewed = await call.leg("POST", "/renew", {})
        await call.leg("POST", "/answer", {"sdp": await other.answer(renewed["sdp"])})
        await eventually(lambda: len(call.told("connected")) == 2)
        other.sing(OPERATOR_HZ)
        await eventually(lambda: call.caller.hears(OPERATOR_HZ))
        await eventually(lambda: other.hears(CALLER_HZ))
        assert len(call.caller.counts.ssrcs) == 1
        assert not call.told("peer-lost")
    finally:
        await other.close()


async def test_keys_of_the_peer_are_told(call: BridgeCall) -> None:
    """A peer that is offered telephone events tells its keys, each once."""
    await call.open(digits=True)
    await call.join()
    await call.talk()
    await call.model.press_keys("42#")
    await eventually(lambda: len(call.told("digit")) == 3)
    assert [event["data"]["key"] for event in call.told("digit")] == ["4", "2", "#"]


async def test_a_leg_ends_with_its_room(call: BridgeCall) -> None:
    """The room is deleted: the leg says so and is gone."""
    await call.open()
    async with api.LiveKitAPI(
        call.sfu.http_url, call.sfu.keys.key, call.sfu.keys.secret
    ) as livekit:
        await livekit.room.delete_room(api.DeleteRoomRequest(room=call.room))
    await call.until("closed")
    assert call.told("room-lost")
    with pytest.raises(BridgeRefused, match="no leg"):
        await call.leg("GET")


async def test_a_peer_that_vanishes_is_told_within_its_bound(call: BridgeCall) -> None:
    """Its packets stop: the bridge says so after `dead_after_s`, and leaves the rest to us."""
    await call.open(dead_after_s=2)
    await call.join()
    await call.talk()
    began = time.monotonic()
    await call.model.close()
    await call.until("peer-lost")
    assert time.monotonic() - began < 6
    assert call.caller.hears_nothing() or await eventually(call.caller.hears_nothing)


async def test_a_bridge_that_is_killed_is_noticed_at_once(
    sfu: EmbeddedSfu, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """Whoever reads its events sees them end within a second."""
    server = EmbeddedBridge(data_dir=tmp_path_factory.mktemp("killed"))
    await server.start()
    try:
        async with aiohttp.ClientSession() as http:
            call = BridgeCall(sfu, server, http)
            listening = asyncio.create_task(call.listen())
            await eventually(lambda: call.ask("GET", "/legs"))
            server.child.signal(signal.SIGKILL)
            began = time.monotonic()
            with pytest.raises(aiohttp.ClientError):
                await asyncio.wait_for(listening, 5)
            assert time.monotonic() - began < 1
    finally:
        await server.stop()


async def test_a_bridge_that_is_asked_to_stop_drains(
    sfu: EmbeddedSfu, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """It takes no new leg, keeps what it has until that ends, and then goes."""
    server = EmbeddedBridge(data_dir=tmp_path_factory.mktemp("drain"), drain_s=30)
    await server.start()
    try:
        async with bridge_call(sfu, server) as call:
            await call.open()
            server.child.signal(signal.SIGTERM)
            await eventually(lambda: _refused(call))
            assert (await call.leg("GET"))["in_room"]
            await call.leg("DELETE")
            await asyncio.wait_for(server.child.wait(), 5)
            assert server.child.returncode == 0
    finally:
        await server.stop()


async def _refused(call: BridgeCall) -> bool:
    room = {"url": call.sfu.url, "token": "t", "hears": "caller"}
    try:
        await call.ask("POST", "/legs", {"id": "late", "room": room})
    except BridgeRefused as refused:
        return "about to stop" in str(refused)
    return False
