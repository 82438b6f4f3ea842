"""ICE-lite over asyncio UDP: answers connectivity checks, never sends any (RFC 8445 section 2.5).

Meta's relay takes checks only once it knows the business's SDP (calling, "SDP and media"); so do
we. Every check must say all that RFC 8445 section 7.1 demands of it, and come from a controlling
agent: a lite one is controlled, whatever the other side believes (section 6.1.1). Datagrams are
taken only from addresses that have passed such a check; those that are neither STUN nor DTLS go to
`on_media`.
"""

import asyncio
import secrets
import socket
import string
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass
from random import Random
from typing import cast

from aioice import stun

_ALPHABET = string.ascii_letters + string.digits
_MAX_PORT_TRIES = 20
# besides the signature and the role; the parser has compared the fingerprint
_NEEDED = frozenset({"PRIORITY", "FINGERPRINT"})

Address = tuple[str, int]


@dataclass(frozen=True, slots=True, kw_only=True)
class Loss:
    """Share of datagrams lost on the phone's access link (STUN, DTLS and media alike), 0 to 1."""

    inbound: float = 0.0
    outbound: float = 0.0
    seed: int = 1


class _Socket(asyncio.DatagramProtocol):
    """One UDP socket of an endpoint; tells which socket a datagram came through."""

    def __init__(self, receive: Callable[["_Socket", bytes, Address], None]) -> None:
        self._receive = receive
        self.transport: asyncio.DatagramTransport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast(asyncio.DatagramTransport, transport)

    def datagram_received(self, data: bytes, addr: tuple[str, int]) -> None:
        self._receive(self, data, addr)

    def error_received(self, exc: Exception) -> None:
        # ICMP "port unreachable": the other side is gone, which its silence tells as well.
        return

    def send(self, data: bytes, address: Address) -> None:
        if self.transport is not None and not self.transport.is_closing():
            self.transport.sendto(data, address)


class IceLite:
    """The controlled, lite end of one ICE component, as `RTCDtlsTransport` expects a transport."""

    role = "controlled"

    def __init__(self, *, on_media: Callable[[bytes], None], loss: Loss) -> None:
        self.ufrag = "".join(secrets.choice(_ALPHABET) for _ in range(16))
        self.pwd = "".join(secrets.choice(_ALPHABET) for _ in range(24))
        self.addresses: list[str] = []
        self.port = 0
        self.nominated = asyncio.Event()
        self.checks_answered = 0
        self.checks_ignored = 0
        """Checks that came before we knew the business's SDP, or that no lite agent answers."""
        self.strays = 0
        """Datagrams of DTLS and media from where no check had come."""
        self._on_media = on_media
        self._loss = loss
        self._dice = Random(loss.seed)
        self._sockets: list[_Socket] = []
        self._remote_ufrag: str | None = None
        self._peer: tuple[_Socket, Address] | None = None
        self._checked: set[tuple[_Socket, Address]] = set()
        """Who has passed a check: the remote end of a valid pair, nominated or not."""
        self._dtls: asyncio.Queue[bytes | None] = asyncio.Queue()
        self._closed = False

    @property
    def peer(self) -> Address | None:
        """The nominated address: where media goes, and where it comes from."""
        return None if self._peer is None else self._peer[1][:2]

    async def open(self, addresses: list[str]) -> None:
        """Bind one UDP port on every address.

        Raises:
            OSError: the addresses cannot be bound.
        """
        loop = asyncio.get_running_loop()
        for attempt in range(_MAX_PORT_TRIES):
            port = _free_port(addresses[0])
            try:
                for address in addresses:
                    _, protocol = await loop.create_datagram_endpoint(
                        lambda: _Socket(self._received), local_addr=(address, port)
                    )
                    self._sockets.append(protocol)
            except OSError:
                self._close_sockets()
                if attempt == _MAX_PORT_TRIES - 1:
                    raise
                continue
            self.addresses, self.port = addresses, port
            return

    def expect(self, ufrag: str) -> None:
        """Answer the checks of this peer from now on: the business's SDP is known.

        Its password is of no use to a lite end: it would sign checks of our own.
        """
        self._remote_ufrag = ufrag

    def send(self, data: bytes) -> None:
        """Send media to the nominated address; drop it if there is none yet."""
        if self._peer is not None and not self._closed and not self._lost(self._loss.outbound):
            protocol, address = self._peer
            protocol.send(data, address)

    def stop_answering(self) -> None:
        """Send nothing any more, but keep receiving, to see who still talks to us."""
        self._closed = True
        self._dtls.put_nowait(None)

    def close(self) -> None:
        """Close the sockets."""
        if not self._closed:
            self.stop_answering()
        self._close_sockets()

    async def _recv(self) -> bytes:
        data = await self._dtls.get()
        if data is None:
            raise ConnectionError
        return data

    async def _send(self, data: bytes) -> None:
        self.send(data)

    def _close_sockets(self) -> None:
        for protocol in self._sockets:
            if protocol.transport is not None:
                protocol.transport.close()
        self._sockets.clear()

    def _lost(self, share: float) -> bool:
        return share > 0 and self._dice.random() < share

    def _received(self, via: _Socket, data: bytes, address: Address) -> None:
        if not data or self._lost(self._loss.inbound):
            return
        # first byte: RFC 7983 section 7
        if data[0] < 4:
            if not self._closed:
                self._answer_check(via, data, address)
        elif (via, address[:2]) not in self._checked:
            self.strays += 1
        elif 20 <= data[0] < 64:
            self._dtls.put_nowait(data)
        elif 128 <= data[0] < 192:
            self._on_media(data)

    def _answer_check(self, via: _Socket, data: bytes, address: Address) -> None:
        try:
            request = stun.parse_message(data)
        except (ValueError, IndexError):
            return
        if (request.message_method, request.message_class) != (
            stun.Method.BINDING,
            stun.Class.REQUEST,
        ):
            return
        if not self._is_ours(request):
            self.checks_ignored += 1
            return
        self.checks_answered += 1
        self._checked.add((via, address[:2]))
        if "USE-CANDIDATE" in request.attributes:
            self._peer = (via, address)
            self.nominated.set()
        answer = stun.Message(
            message_method=stun.Method.BINDING,
            message_class=stun.Class.RESPONSE,
            transaction_id=request.transaction_id,
            attributes={"XOR-MAPPED-ADDRESS": address[:2]},
        )
        answer.add_message_integrity(self.pwd.encode())
        if not self._lost(self._loss.outbound):
            via.send(bytes(answer), address)

    def _is_ours(self, request: stun.Message) -> bool:
        """Whether this is a whole check of a controlling peer.

        RFC 8445 section 7.3.1.1 has whoever is controlled, and has the larger tie-breaker, become
        controlling without a word. A lite agent cannot: the check stays unanswered. (pion's lite
        agent throws the dice: with the smaller tie-breaker it answers 487, with the larger one
        nothing; who depends on the 487 has calls without media by chance.)
        """
        if self._remote_ufrag is None:
            return False
        told = request.attributes
        return (
            told.get("USERNAME") == f"{self.ufrag}:{self._remote_ufrag}"
            and told.keys() >= _NEEDED
            and "ICE-CONTROLLING" in told
            and "ICE-CONTROLLED" not in told
            and request.check_message_integrity(self.pwd.encode())
        )


def _free_port(address: str) -> int:
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    with closing(socket.socket(family, socket.SOCK_DGRAM)) as probe:
        probe.bind((address, 0))
        return int(probe.getsockname()[1])
