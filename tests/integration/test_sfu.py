"""The embedded livekit-server: rooms, signed webhooks, and media over WHIP on the loopback."""

import asyncio
import json
import os
import signal
import stat
import uuid
from collections.abc import AsyncIterator
from pathlib import Path

import aiohttp
import pytest
import pytest_asyncio
from aiohttp import web
from aiortc import RTCPeerConnection, RTCSessionDescription
from aiortc.mediastreams import AudioStreamTrack
from livekit import api

from tests.caller import caller_token, join_as_caller
from tests.eventually import eventually
from tests.serving import serving
from wacall.doctor.findings import Finding
from wacall.doctor.ice_servers import judge_ice_servers, named_ice_servers
from wacall.environment import free_port
from wacall.operators.listening import pass_for
from wacall.stack.processes import Child, ChildFailed
from wacall.stack.sfu import CONFIG, EmbeddedSfu, SfuPorts, find_server


@pytest_asyncio.fixture
async def rooms(sfu: EmbeddedSfu) -> AsyncIterator[api.LiveKitAPI]:
    async with api.LiveKitAPI(sfu.url, sfu.keys.key, sfu.keys.secret) as client:
        yield client


async def test_rooms_come_and_go(rooms: api.LiveKitAPI) -> None:
    """A room is listed from its creation to its deletion."""
    # the server is the session's: other tests' rooms may still be there
    await rooms.room.create_room(api.CreateRoomRequest(name="wa-1"))
    assert "wa-1" in await _names(rooms)
    await rooms.room.delete_room(api.DeleteRoomRequest(room="wa-1"))
    assert "wa-1" not in await _names(rooms)


async def test_whip_carries_audio_on_loopback(sfu: EmbeddedSfu, rooms: api.LiveKitAPI) -> None:
    """A WHIP client on this machine gets one UDP loopback candidate and its audio comes up."""
    await rooms.room.create_room(api.CreateRoomRequest(name="wa-whip"))
    phone = RTCPeerConnection()
    connected = asyncio.Event()

    @phone.on("connectionstatechange")
    def on_change() -> None:
        if phone.connectionState == "connected":
            connected.set()

    try:
        phone.addTrack(AudioStreamTrack())
        await phone.setLocalDescription(await phone.createOffer())
        answer = await join_as_caller(
            sfu, "wa-whip", phone.localDescription.sdp, awaits_agent=False
        )
        candidates = [line.split() for line in answer.splitlines() if "a=candidate" in line]
        assert {(fields[2].lower(), fields[4], int(fields[5])) for fields in candidates} == {
            ("udp", "127.0.0.1", sfu.ports.udp)
        }
        await phone.setRemoteDescription(RTCSessionDescription(answer, "answer"))
        await asyncio.wait_for(connected.wait(), 10)
        await eventually(lambda: _has_track(rooms, "wa-whip"))
    finally:
        await phone.close()
        await rooms.room.delete_room(api.DeleteRoomRequest(room="wa-whip"))
    log = sfu.log.read_text()
    assert "a=" not in log
    assert "wa-whip" not in log


async def test_a_listeners_pass_is_taken(sfu: EmbeddedSfu, rooms: api.LiveKitAPI) -> None:
    """By the server itself, for the call's room and no other."""
    call_id = str(uuid.uuid4())
    variables = {
        "LIVEKIT_URL": sfu.url,
        "LIVEKIT_API_KEY": sfu.keys.key,
        "LIVEKIT_API_SECRET": sfu.keys.secret,
    }
    shown = pass_for(call_id, variables)
    asked = f"{sfu.http_url}/rtc/validate"
    async with aiohttp.ClientSession() as http:
        async with http.get(asked, params={"access_token": shown["token"]}) as response:
            assert response.status == 404, "the call is over, or has not begun"
        await rooms.room.create_room(api.CreateRoomRequest(name=shown["room"]))
        async with http.get(asked, params={"access_token": shown["token"]}) as response:
            assert response.status == 200
        async with http.get(asked, params={"access_token": shown["token"] + "x"}) as response:
            assert response.status == 401


async def test_joining_does_not_make_a_room(sfu: EmbeddedSfu) -> None:
    """Only the control plane makes rooms: an SDK that joins a name nobody created is refused."""
    query = {"access_token": await caller_token(sfu, "wa-nobody")}
    async with (
        aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=10)) as http,
        http.get(f"{sfu.http_url}/rtc/validate", params=query) as response,
    ):
        assert response.status == 404


async def test_webhooks_are_signed(tmp_path: Path) -> None:
    """Room events reach the configured URL and verify with the server's own keys."""
    received: asyncio.Queue[tuple[str, str]] = asyncio.Queue()

    async def take(request: web.Request) -> web.Response:
        received.put_nowait((await request.text(), request.headers["Authorization"]))
        return web.Response()

    async with serving(web.post("/livekit/webhook", take)) as url:
        server = EmbeddedSfu(data_dir=tmp_path, webhook_url=f"{url}/livekit/webhook")
        try:
            await server.start()
            async with api.LiveKitAPI(server.url, server.keys.key, server.keys.secret) as client:
                await client.room.create_room(api.CreateRoomRequest(name="wa-2"))
            async with asyncio.timeout(10):
                body, token = await received.get()
        finally:
            await server.stop()
    verifier = api.TokenVerifier(server.keys.key, server.keys.secret)
    event = api.WebhookReceiver(verifier).receive(body, token)
    assert (event.event, event.room.name) == ("room_started", "wa-2")
    forger = api.TokenVerifier(server.keys.key, "another secret of thirty-two bytes")
    with pytest.raises(Exception, match=r"[Ss]ignature"):
        api.WebhookReceiver(forger).receive(body, token)


async def test_keys_persist_and_are_private(tmp_path: Path) -> None:
    """A second start on the same data directory has the same keys, readable by the owner only."""
    first = EmbeddedSfu(data_dir=tmp_path)
    file = tmp_path / "sfu" / "keys.json"
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert json.loads(file.read_text())["secret"] == first.keys.secret
    assert EmbeddedSfu(data_dir=tmp_path).keys == first.keys
    assert first.keys.secret not in repr(first.keys)


async def test_a_taken_port_is_named(sfu: EmbeddedSfu, tmp_path: Path) -> None:
    """A wanted port that is in use stops the start with a sentence about the variable."""
    second = EmbeddedSfu(data_dir=tmp_path, ports=SfuPorts(http=sfu.ports.http))
    with pytest.raises(ChildFailed, match="SFU_PORT"):
        await second.start()


async def test_its_counters_are_shown_where_they_are_wanted(tmp_path: Path) -> None:
    """The page for Prometheus is open when the server is ready."""
    port = free_port()
    server = EmbeddedSfu(data_dir=tmp_path, prometheus_port=port)
    await server.start()
    try:
        async with (
            aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=5)) as http,
            http.get(f"http://127.0.0.1:{port}/metrics") as response,
        ):
            assert response.status == 200
            assert "livekit_room_total" in await response.text()
    finally:
        await server.stop()


async def test_clients_are_sent_to_nobody_else(sfu: EmbeddedSfu, rooms: api.LiveKitAPI) -> None:
    """The STUN server that a joining client is told of is nobody's.

    Nor is it the server's own port: with that one libwebrtc's clients would never connect.
    """
    await rooms.room.create_room(api.CreateRoomRequest(name="wa-ice"))
    async with aiohttp.ClientSession() as http:
        named = await named_ice_servers(
            http, url=sfu.url, key=sfu.keys.key, secret=sfu.keys.secret, room="wa-ice"
        )
    assert named == ["stun:127.0.0.1:9"]
    assert judge_ice_servers(named) is None
    await rooms.room.delete_room(api.DeleteRoomRequest(room="wa-ice"))


async def test_nothing_is_left_after_stop(tmp_path: Path) -> None:
    """The server is gone after `stop`, and its death is visible in its exit code."""
    server = EmbeddedSfu(data_dir=tmp_path)
    await server.start()
    await server.stop()
    with pytest.raises(ProcessLookupError):
        os.kill(server.child.pid, 0)
    assert server.child.returncode in (0, -signal.SIGTERM)


async def test_the_shipped_config_serves_as_it_is(tmp_path: Path) -> None:
    """A server elsewhere takes sfu/livekit.yaml with keys from the environment, as compose does.

    Its operator has not said which STUN server clients shall ask: the doctor says whom they do.
    """
    port = free_port()
    server = await Child.start(
        "livekit",
        [
            find_server(os.environ), "--config", CONFIG, "--bind", "127.0.0.1",
            # what this test cannot have: the default ports, and a STUN server to ask
            "--port", str(port), "--udp-port", str(free_port(udp=True)),
            "--rtc.use_external_ip=false", "--node-ip", "127.0.0.1",
        ],
        env={
            "LIVEKIT_KEYS": f"key: {'secret' * 6}",
            "LIVEKIT_WEBHOOK_API_KEY": "key",
            "HOME": str(tmp_path),
        },
        log=tmp_path / "livekit.log",
    )  # fmt: skip

    async def lists_rooms() -> bool:
        async with api.LiveKitAPI(f"http://127.0.0.1:{port}", "key", "secret" * 6) as client:
            try:
                return await _names(client) == []
            except aiohttp.ClientConnectionError:
                return False

    try:
        await server.wait_until(lists_rooms, timeout_s=10)
        assert await _stun_finding(port) is not None
    finally:
        await server.stop(grace_s=0)


async def _stun_finding(port: int) -> Finding | None:
    url, secret = f"http://127.0.0.1:{port}", "secret" * 6
    async with api.LiveKitAPI(url, "key", secret) as client, aiohttp.ClientSession() as http:
        await client.room.create_room(api.CreateRoomRequest(name="wa-ice"))
        return judge_ice_servers(
            await named_ice_servers(http, url=url, key="key", secret=secret, room="wa-ice")
        )


async def _names(client: api.LiveKitAPI) -> list[str]:
    return [room.name for room in (await client.room.list_rooms(api.ListRoomsRequest())).rooms]


async def _has_track(client: api.LiveKitAPI, room: str) -> bool:
    listed = await client.room.list_participants(api.ListParticipantsRequest(room=room))
    return any(participant.tracks for participant in listed.participants)
