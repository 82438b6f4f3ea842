"""One NG message there, one reply back: over HTTP or over UDP.

An NG message is a cookie, a space, and JSON. rtpengine keeps the replies to the latest cookies and
repeats them, so a message whose reply was lost is sent again under its cookie and acts once.
"""

import asyncio
import socket
from typing import Protocol, cast

import aiohttp

from controlplane.core.errors import HopUnreachable
from controlplane.rtpengine.address import PUBLIC, HopAddress, NgTransport, is_public

MAX_REPLY = 256 * 1024
_CONTENT_TYPE = "application/x-rtpengine-ng"
"""Without it rtpengine answers 404."""
_RESEND_AFTER_S = (0.2, 0.4, 0.8)


class Transport(Protocol):
    """How messages reach one rtpengine."""

    async def exchange(self, cookie: str, message: str) -> str:
        """Send a message under this cookie; return the reply without its cookie.

        The caller bounds the time.

        Raises:
            HopUnreachable: there is nobody, or nobody who speaks NG.
        """

    async def close(self) -> None:
        """Free what it holds."""


def open_transport(address: HopAddress, http: aiohttp.ClientSession) -> Transport:
    """Make the transport that the address asks for; nothing is sent yet."""
    if address.transport is NgTransport.HTTP:
        return HttpTransport(address, http)
    return UdpTransport(address)


class HttpTransport:
    """NG over HTTP: POST /ng."""

    def __init__(self, address: HopAddress, http: aiohttp.ClientSession) -> None:
        """Take the process's session."""
        self._address = address
        self._http = http
        self._url: str | None = None

    async def exchange(self, cookie: str, message: str) -> str:
        """Post the message; once more, on a connection of its own, if a kept one was closed.

        rtpengine closes a connection that was idle for 5 s, which a message may meet on its way:
        the kernel then answers with a reset, or aiohttp finds the connection closing. Other kept
        connections are as old.
        """
        try:
            try:
                return await self._post(self._http, cookie, message)
            except aiohttp.ClientConnectorError:
                raise
            except (aiohttp.ServerDisconnectedError, aiohttp.ClientOSError):
                async with aiohttp.ClientSession() as fresh:
                    return await self._post(fresh, cookie, message)
        except (aiohttp.ClientError, OSError, UnicodeDecodeError):
            # it may have moved
            self._url = None
            raise HopUnreachable from None

    async def close(self) -> None:
        """Hold nothing: the session belongs to the process."""

    async def _post(self, http: aiohttp.ClientSession, cookie: str, message: str) -> str:
        if self._url is None:
            host, port = await resolve(self._address)
            self._url = f"http://[{host}]:{port}/ng" if ":" in host else f"http://{host}:{port}/ng"
        async with http.post(
            self._url,
            data=f"{cookie} {message}".encode(),
            headers={"Content-Type": _CONTENT_TYPE},
            allow_redirects=False,
        ) as response:
            if response.status != 200:
                raise HopUnreachable(
                    f"The media hop's HTTP port does not speak NG (HTTP {response.status}); "
                    "RTPENGINE_URL must name rtpengine's --listen-http."
                )
            body = await response.content.read(MAX_REPLY + 1)
            while len(body) <= MAX_REPLY and (more := await response.content.read(MAX_REPLY)):
                body += more
        return _without_cookie(cookie, body)


class UdpTransport(asyncio.DatagramProtocol):
    """NG over UDP: one socket, many messages at a time. It carries orders, never media."""

    def __init__(self, address: HopAddress) -> None:
        """Open the socket with the first message."""
        self._address = address
        self._transport: asyncio.DatagramTransport | None = None
        self._waiting: dict[str, asyncio.Future[bytes]] = {}
        self._opening = asyncio.Lock()

    async def exchange(self, cookie: str, message: str) -> str:
        """Send the message, again and again until the reply is there."""
        try:
            transport = await self._open()
        except OSError:
            raise HopUnreachable from None
        reply: asyncio.Future[bytes] = asyncio.get_running_loop().create_future()
        self._waiting[cookie] = reply
        try:
            data = f"{cookie} {message}".encode()
            for pause_s in _RESEND_AFTER_S:
                transport.sendto(data)
                done, _ = await asyncio.wait([reply], timeout=pause_s)
                if done:
                    break
            return _without_cookie(cookie, await reply)
        finally:
            self._waiting.pop(cookie, None)

    async def close(self) -> None:
        """Close the socket."""
        if self._transport is not None:
            self._transport.close()
            self._transport = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Keep the socket."""
        self._transport = cast(asyncio.DatagramTransport, transport)

    def datagram_received(self, data: bytes, addr: tuple[str, int]) -> None:
        """Give a reply to whoever waits for it."""
        waiter = self._waiting.get(data.partition(b" ")[0].decode(errors="replace"))
        if waiter is not None and not waiter.done():
            waiter.set_result(data)

    def error_received(self, exc: Exception) -> None:
        """Fail what waits: nobody listens on that port."""
        for waiter in self._waiting.values():
            if not waiter.done():
                waiter.set_exception(HopUnreachable())

    def connection_lost(self, exc: Exception | None) -> None:
        """Open a new socket for the next message."""
        self._transport = None

    async def _open(self) -> asyncio.DatagramTransport:
        async with self._opening:
            if self._transport is None or self._transport.is_closing():
                remote = await resolve(self._address)
                transport, _ = await asyncio.get_running_loop().create_datagram_endpoint(
                    lambda: self, remote_addr=remote
                )
                self._transport = transport
            return self._transport


async def resolve(address: HopAddress) -> tuple[str, int]:
    """Find the hop's IP address.

    Raises:
        OSError: the name is unknown.
        HopUnreachable: it is a public address; nothing is ever sent there.
    """
    loop = asyncio.get_running_loop()
    found = await loop.getaddrinfo(address.host, address.port, type=socket.SOCK_DGRAM)
    host, port = found[0][4][:2]
    if is_public(str(host)):
        raise HopUnreachable(f"RTPENGINE_URL names a host whose address {PUBLIC}.")
    return str(host), int(port)


def _without_cookie(cookie: str, reply: bytes) -> str:
    head, _, rest = reply.partition(b" ")
    if head != cookie.encode() or len(reply) > MAX_REPLY:
        raise HopUnreachable("The media hop's reply is not one of the NG protocol.")
    return rest.decode()
