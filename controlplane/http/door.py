"""The door to the internet: how many may stand in it, how long they may take, how they are refused.

aiohttp bounds the length of lines and headers (8 KiB, 128 of them) and an idle connection. What it
does not bound: a request line or header that never ends, the number of connections, and the noise
that a malformed request makes in the log. Bodies: `controlplane.http.reading.read_bytes`.
"""

import asyncio
import errno
import json
import logging
import socket
from collections import Counter
from dataclasses import dataclass, field
from http import HTTPStatus

from aiohttp import web

from controlplane.http.bodies import Failure, Problem
from controlplane.http.body import answer

_log = logging.getLogger(__name__)
# aiohttp's own access log names addresses and queries; ours is `middleware.access_log`
_SILENT = logging.getLogger(f"{__name__}.silent")
_SILENT.disabled = True

# Longer than the 60 s for which proxies keep theirs: whoever closes first must not be us, or a
# webhook meets a connection that is just closing.
_IDLE_S = 75.0
# aiohttp reads on for so long after an answer that came before the body's end; the client would
# see a reset instead of the answer otherwise.
_LINGER_S = 2.0


@dataclass(frozen=True, slots=True, kw_only=True)
class DoorLimits:
    """What strangers may take of this process."""

    connections: int = 512
    """In all; the usual limit of open files is 1024."""
    connections_per_client: int = 256
    """From one address, so that one cannot take them all."""
    head_s: float = 10.0
    """From the first byte of a request to the end of its headers."""


@dataclass(slots=True)
class _Inside:
    """Who stands in the door, by address."""

    total: int = 0
    by_client: Counter[str] = field(default_factory=Counter)

    def enter(self, client: str) -> None:
        self.total += 1
        self.by_client[client] += 1

    def leave(self, client: str) -> None:
        self.total -= 1
        self.by_client[client] -= 1
        if not self.by_client[client]:
            del self.by_client[client]


class Connection(web.RequestHandler):
    """One connection of a stranger's."""

    def __init__(
        self,
        server: web.Server,
        *,
        loop: asyncio.AbstractEventLoop,
        limits: DoorLimits,
        inside: _Inside,
    ) -> None:
        """Take the door's limits, and the count of who is inside, which all connections share."""
        super().__init__(
            server,
            loop=loop,
            keepalive_timeout=_IDLE_S,
            lingering_time=_LINGER_S,
            access_log=_SILENT,
            # a signature is over the bytes on the wire, and inflating costs the loop seconds
            auto_decompress=False,
        )
        self._limits = limits
        self._inside = inside
        self._client: str | None = None
        self._works = False
        self._head_ends: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Let it in, or tell it that the house is full."""
        super().connection_made(transport)
        peer = transport.get_extra_info("peername")
        self._client = client = str(peer[0]) if peer else "?"
        inside, limits = self._inside, self._limits
        inside.enter(client)
        if (
            inside.total > limits.connections
            or inside.by_client[client] > limits.connections_per_client
        ):
            self._refuse(503, "too-many-connections", "Too many connections; try again later.")

    def connection_lost(self, exc: BaseException | None) -> None:
        """Make room for the next one."""
        self._stop_timer()
        if self._client is not None:
            self._inside.leave(self._client)
            self._client = None
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Begin to count when a request begins."""
        if not self._works and self._head_ends is None:
            self._head_ends = asyncio.get_running_loop().call_later(
                self._limits.head_s, self._head_is_late
            )
        super().data_received(data)

    def work_begins(self) -> None:
        """A request's headers are complete."""
        self._works = True
        self._stop_timer()

    def work_ends(self) -> None:
        """A request is answered."""
        self._works = False

    def handle_error(
        self,
        request: web.BaseRequest,
        status: int = 500,
        exc: BaseException | None = None,
        message: str | None = None,
    ) -> web.StreamResponse:
        """Answer what is not HTTP in our own shape; strangers write no tracebacks into the log."""
        self._stop_timer()
        _log.debug(
            "A request was not HTTP.",
            extra={"action": "not-http", "error": type(exc).__name__, "status": status},
        )
        if status < 500:
            problem = Problem(code="bad-http", message="The request is not HTTP as it should be.")
        else:
            problem = Problem(code="internal", message="Something went wrong here.")
        response = answer(Failure(error=problem), status=status)
        response.force_close()
        return response

    def _head_is_late(self) -> None:
        self._head_ends = None
        if not self._works:
            self._refuse(408, "too-slow", "The request's headers did not come in time.")

    def _refuse(self, status: int, code: str, message: str) -> None:
        """Write an answer without a request, and hang up."""
        if self.transport is not None:
            body = json.dumps({"error": {"code": code, "message": message}}).encode()
            head = (
                f"HTTP/1.1 {status} {HTTPStatus(status).phrase}\r\n"
                "Content-Type: application/json; charset=utf-8\r\n"
                f"Content-Length: {len(body)}\r\nConnection: close\r\n\r\n"
            )
            self.transport.write(head.encode() + body)
        self.force_close()

    def _stop_timer(self) -> None:
        if self._head_ends is not None:
            self._head_ends.cancel()
            self._head_ends = None


class NotServed(Exception):
    """An address cannot be listened at; the sentence names the variable."""


class DoorSite(web.BaseSite):
    """Listens like aiohttp's `TCPSite`, with a door in front."""

    def __init__(
        self, runner: web.AppRunner, host: str, port: int, limits: DoorLimits | None = None
    ) -> None:
        """Take the address; the runner is set up already."""
        super().__init__(runner)
        self._at = (host, port)
        self._limits = limits or DoorLimits()

    @property
    def name(self) -> str:
        """Where it listens."""
        return f"http://{self._at[0]}:{self._at[1]}"

    async def start(self) -> None:
        """Begin to listen.

        Raises:
            OSError: the port is taken, or the address not this machine's.
        """
        await super().start()
        server, loop = self._runner.server, asyncio.get_running_loop()
        assert server is not None
        inside = _Inside()

        def connection() -> Connection:
            return Connection(server, loop=loop, limits=self._limits, inside=inside)

        self._server = await loop.create_server(connection, *self._at, backlog=self._backlog)


def why_not_served(error: OSError, host: str, port: int, *, of: str = "") -> str:
    """Say which variable is to blame when a server cannot listen.

    `of` is what its variables begin with: `OPERATOR_` of OPERATOR_HOST and OPERATOR_PORT.
    """
    if isinstance(error, socket.gaierror) or error.errno == errno.EADDRNOTAVAIL:
        return f"{of}HOST is {host}, which is no address of this machine; set it to one."
    if error.errno == errno.EADDRINUSE:
        return (
            f"Port {port} is taken by another program; stop that one, or set {of}PORT to another."
        )
    return f"Port {port} of {host} cannot be served ({error.strerror}); set {of}HOST or {of}PORT."
