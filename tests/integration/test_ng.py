"""NG messages to the real rtpengine, over both transports; and to things that are none."""

import asyncio
import contextlib
import os
import re
import signal
import socket
import struct
from collections.abc import AsyncIterator
from pathlib import Path

import aiohttp
import pytest
from aiohttp import web

from controlplane.core.errors import HopCallUnknown, HopRefused, HopUnreachable, NoHop
from controlplane.rtpengine.address import HopAddress, NgTransport
from controlplane.rtpengine.client import NgClient
from controlplane.rtpengine.descriptions import SYNTHETIC_OFFER
from controlplane.rtpengine.hops import Hops
from controlplane.rtpengine.transport import open_transport
from tests.serving import serving
from wacall.environment import free_port
from wacall.stack.hop import EmbeddedHop, HopPlan, command_line, find_hop
from wacall.stack.processes import Child

PASSWORD = "thisIsAnIcePassword12345"


@pytest.fixture
async def http() -> AsyncIterator[aiohttp.ClientSession]:
    async with aiohttp.ClientSession() as session:
        yield session


@contextlib.asynccontextmanager
async def client_of(address: str, http: aiohttp.ClientSession) -> AsyncIterator[NgClient]:
    parsed = HopAddress.parse(address)
    client = NgClient(open_transport(parsed, http), address=parsed, timeout_s=1)
    yield client
    await client.close()


@pytest.fixture(params=["http", "udp"])
async def client(
    request: pytest.FixtureRequest,
    hop: EmbeddedHop,
    http: aiohttp.ClientSession,
    tmp_path: Path,
) -> AsyncIterator[NgClient]:
    """A client of either transport; the embedded hop listens on HTTP alone."""
    if request.param == "http":
        async with client_of(hop.url, http) as found:
            yield found
        return
    port = free_port(udp=True)
    program = find_hop(os.environ)
    assert program is not None
    # no port of its range may be another hop's
    plan = HopPlan(port_min=41_000, port_max=41_999)
    command = [*command_line(program, plan, free_port()), f"--listen-ng=127.0.0.1:{port}"]
    child = await Child.start(
        "hop", command, env={"PATH": os.environ["PATH"]}, log=tmp_path / "udp.log"
    )
    try:
        async with client_of(f"udp://127.0.0.1:{port}", http) as found:

            async def answers() -> bool:
                with contextlib.suppress(HopUnreachable):
                    await found.ping()
                    return True
                return False

            await child.wait_until(answers, timeout_s=5)
            yield found
    finally:
        await child.stop(grace_s=2)


async def test_both_transports_speak_json(client: NgClient) -> None:
    """Each of the messages that a call needs."""
    await client.ping()
    before = await client.count_calls()
    offer = await client.offer("ng-test", SYNTHETIC_OFFER, from_tag="lk")
    assert "UDP/TLS/RTP/SAVPF 111 126" in offer
    assert "a=setup:actpass" in offer
    assert await client.count_calls() == before + 1
    assert "ng-test" in await client.list_calls()
    assert (await client.query("ng-test"))["result"] == "ok"
    assert await client.delete("ng-test") is True
    assert await client.delete("ng-test") is False


async def test_many_messages_at_once_find_their_own_replies(client: NgClient) -> None:
    """Replies are told apart by their cookies."""
    names = [f"many-{number}" for number in range(30)]
    offers = await asyncio.gather(
        *(client.offer(name, SYNTHETIC_OFFER, from_tag="lk") for name in names)
    )
    assert len({offer.split("a=ice-pwd:")[1] for offer in offers}) == len(names)
    assert set(names) <= set(await client.list_calls())
    assert all(await asyncio.gather(*(client.delete(name) for name in names)))


async def test_refusals_are_sentences(client: NgClient) -> None:
    """Without anything of what was sent."""
    with pytest.raises(HopCallUnknown):
        await client.query("nobody")
    with pytest.raises(HopRefused, match="cannot make sense of the session desc") as refusal:
        await client.offer("broken", f"v=0\r\na=ice-pwd:{PASSWORD}\r\n", from_tag="lk")
    assert PASSWORD not in str(refusal.value)
    # a refused offer has left something behind all the same
    assert await client.delete("broken") is True


async def test_the_hops_log_keeps_secrets(hop: EmbeddedHop, http: aiohttp.ClientSession) -> None:
    """Also in its complaint about a message that it cannot read."""
    async with client_of(hop.url, http) as client:
        with pytest.raises(HopRefused):
            await client.offer("secret", f"v=0\r\na=ice-pwd:{PASSWORD}\r\n", from_tag="lk")
        await client.offer("secret", SYNTHETIC_OFFER, from_tag="lk")
        await client.delete("secret")
    log = hop.log.read_text()
    assert "Creating new call" in log
    assert PASSWORD not in log
    assert "fingerprint" not in log
    assert "a=" not in log


@pytest.mark.parametrize("scheme", ["http", "udp"])
async def test_nobody_there(scheme: str, http: aiohttp.ClientSession) -> None:
    """One error, within the bound."""
    port = free_port(udp=scheme == "udp")
    async with client_of(f"{scheme}://127.0.0.1:{port}", http) as client, asyncio.timeout(3):
        with pytest.raises(HopUnreachable, match="check RTPENGINE_URL"):
            await client.ping()


@pytest.mark.parametrize("transport", list(NgTransport))
async def test_a_name_that_leads_to_a_public_address(
    transport: NgTransport, http: aiohttp.ClientSession
) -> None:
    """Nothing is sent there; the sentence says why."""
    # as a name does that was private when it was configured
    address = HopAddress(transport=transport, host="8.8.8.8", port=2223)
    client = NgClient(open_transport(address, http), address=address, timeout_s=1)
    with pytest.raises(HopUnreachable, match="whose address is a public address"):
        await client.ping()
    await client.close()


async def test_a_hop_that_hangs(http: aiohttp.ClientSession, tmp_path: Path) -> None:
    """A frozen rtpengine costs one timeout; once thawed it answers again."""
    server = EmbeddedHop(plan=HopPlan(), log=tmp_path / "hop.log")
    await server.start()
    try:
        async with client_of(server.url, http) as client:
            server.child.signal(signal.SIGSTOP)
            with pytest.raises(HopUnreachable):
                await client.ping()
            server.child.signal(signal.SIGCONT)
            await client.ping()
    finally:
        server.child.signal(signal.SIGCONT)
        await server.stop()


@pytest.mark.parametrize(
    ("status", "body", "says"),
    [
        (404, "", r"does not speak NG \(HTTP 404\)"),
        (200, "hello", "is not one of the NG protocol"),
        (200, "COOKIE nonsense", "reply is not JSON"),
        (200, "COOKIE []", "reply is not JSON"),
    ],
)
async def test_another_program_behind_the_port(
    http: aiohttp.ClientSession, status: int, body: str, says: str
) -> None:
    """Told by how it answers."""

    async def answer(request: web.Request) -> web.Response:
        cookie = (await request.text()).split(" ")[0]
        return web.Response(status=status, text=body.replace("COOKIE", cookie))

    async with serving(web.post("/ng", answer)) as url, client_of(url, http) as client:
        with pytest.raises(HopUnreachable, match=says):
            await client.ping()


async def test_two_hops_share_the_calls(
    hop: EmbeddedHop, http: aiohttp.ClientSession, tmp_path: Path
) -> None:
    """Alternating while equal; a dead one gets none."""
    second = EmbeddedHop(plan=HopPlan(), log=tmp_path / "hop.log")
    await second.start()
    hops = Hops(http, [hop.address, second.address], timeout_s=1)
    await hops.look()
    try:
        chosen = [await hops.choose() for _ in range(4)]
        assert set(chosen) == {hop.url, second.url}
        assert chosen[0] != chosen[1]
        # the row's text leads back to the same client
        assert hops.client(second.url) is hops.client(second.address)

        await second.stop()
        await hops.look()
        assert {await hops.choose() for _ in range(3)} == {hop.url}
    finally:
        await hops.close()
        await second.stop()


async def test_a_hop_that_has_come_back_takes_the_next_call(
    http: aiohttp.ClientSession, tmp_path: Path
) -> None:
    """With none left there is one sentence; whoever asks again need not wait for the next look."""
    server = EmbeddedHop(plan=HopPlan(control_port=free_port()), log=tmp_path / "hop.log")
    hops = Hops(http, [server.address], timeout_s=1)
    await hops.look()
    with pytest.raises(NoHop, match="check RTPENGINE_URL"):
        await hops.choose()
    await server.start()
    try:
        assert await hops.choose() == server.url
    finally:
        await hops.close()
        await server.stop()


async def test_without_any_hop_there_is_one_sentence(http: aiohttp.ClientSession) -> None:
    """As where rtpengine is not installed."""
    hops = Hops(http, [], timeout_s=1)
    await hops.look()
    with pytest.raises(NoHop):
        await hops.choose()
    await hops.close()


class ClosingHop:
    """Speaks NG on connections that it keeps, and closes each at the second message on it."""

    def __init__(self, kept: int, parting: str) -> None:
        self.together = asyncio.Barrier(kept)
        self.parting = parting
        self.connections = 0

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        if self.connections <= self.together.parties:
            await self._answer(reader, writer, wait=True)
            await _message(reader)
            if self.parting == "reset":
                # a close with this lingering is a reset
                raw = writer.get_extra_info("socket")
                raw.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        else:
            await self._answer(reader, writer, wait=False)
        writer.close()

    async def _answer(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, *, wait: bool
    ) -> None:
        cookie = (await _message(reader)).split(b" ")[0]
        if wait:
            # so that as many connections are kept
            await self.together.wait()
        reply = cookie + b' {"result": "pong"}'
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%s" % (len(reply), reply))
        await writer.drain()


async def _message(reader: asyncio.StreamReader) -> bytes:
    head = await reader.readuntil(b"\r\n\r\n")
    length = re.search(rb"(?i)content-length: (\d+)", head)
    assert length is not None
    return await reader.readexactly(int(length[1]))


@pytest.mark.parametrize("parting", ["reset", "end"])
@pytest.mark.parametrize("kept", [1, 2])
async def test_a_kept_connection_that_was_closed_is_no_failure(
    http: aiohttp.ClientSession, kept: int, parting: str
) -> None:
    """Rtpengine closes idle ones after 5 s, and the look of every 5 s meets that."""
    hop = ClosingHop(kept, parting)
    server = await asyncio.start_server(hop.serve, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    async with server, client_of(f"http://127.0.0.1:{port}", http) as client:
        await asyncio.gather(*(client.ping() for _ in range(kept)))
        await client.ping()
    assert hop.connections == kept + 1
