"""Keys that the phone's user presses, as rtpengine reports them: one JSON datagram for each key.

The socket carries these reports and nothing else: no RTP passes through it. rtpengine sends them
unsigned and unacknowledged (`--dtmf-log-dest`), so it listens on loopback or a private address,
and a report that gets lost is lost.
"""

import asyncio
import json
import logging
from collections.abc import Callable
from typing import Any

from controlplane.core.foreign import integer_of, object_of, text_of, time_of
from controlplane.core.hop import KeyPressed
from controlplane.rtpengine.address import PUBLIC, is_public
from controlplane.rtpengine.tags import WHATSAPP_TAG
from shared.call.ids import CallId
from shared.call.room import KEYS

_log = logging.getLogger(__name__)

REOPEN_S = 2.0
"""How long after a failure the port is tried again."""

_MAX_DATAGRAM = 4096
_KNOWN_CALL_ID = frozenset("abcdefghijklmnopqrstuvwxyz0123456789-")


def read_key(datagram: bytes) -> KeyPressed | None:
    """Read a report of the phone's keys; `None` for whatever else arrives on the port."""
    if len(datagram) > _MAX_DATAGRAM:
        return None
    try:
        report = object_of(json.loads(datagram))
    except (ValueError, RecursionError):
        return None
    call_id, tag = text_of(report.get("callid")), text_of(report.get("source_tag"))
    event, at = integer_of(report.get("event")), time_of(report.get("timestamp"))
    if report.get("type") != "DTMF" or not call_id or not _KNOWN_CALL_ID.issuperset(call_id):
        return None
    if tag != WHATSAPP_TAG or event is None or event >= len(KEYS) or at is None:
        return None
    return KeyPressed(
        call_id=CallId(call_id),
        key=KEYS[event],
        duration_ms=integer_of(report.get("duration")) or 0,
        at=at,
    )


class KeyListener(asyncio.DatagramProtocol):
    """The socket that rtpengine's reports come to."""

    def __init__(self, on_key: Callable[[KeyPressed], None]) -> None:
        """Take who is told; it must neither block nor raise."""
        self._on_key = on_key
        self._transport: asyncio.DatagramTransport | None = None
        self._warned = False

    @property
    def port(self) -> int:
        """Where it listens."""
        if self._transport is None:
            raise RuntimeError("the key listener was never opened")
        return int(self._transport.get_extra_info("sockname")[1])

    async def open(self, host: str, port: int) -> None:
        """Listen; port 0 for any free one.

        Raises:
            ValueError: the address is public.
            OSError: it cannot be bound.
        """
        if is_public(host):
            raise ValueError(f"{host} {PUBLIC}.")
        loop = asyncio.get_running_loop()
        await loop.create_datagram_endpoint(lambda: self, local_addr=(host, port))

    async def keep_open(self, address: str) -> None:
        """See that `host:port` is listened on; a turn of a loop, harmless when repeated.

        The port may still be another process's, as when a new one takes over from an old one on
        the same machine: then the next turn tries again.
        """
        if self._transport is not None and not self._transport.is_closing():
            return
        host, _, port = address.rpartition(":")
        try:
            await self.open(host.strip("[]"), int(port))
            self._warned = False
        except OSError as error:
            if not self._warned:
                _log.warning(
                    "HOP_DTMF_LISTEN cannot be bound, so keys go unnoticed; trying on.",
                    extra={"action": "keys-unbound", "error": error.strerror},
                )
            self._warned = True

    def close(self) -> None:
        """Stop listening."""
        if self._transport is not None:
            self._transport.close()

    def connection_made(self, transport: Any) -> None:
        """Keep the socket."""
        self._transport = transport

    def datagram_received(self, data: bytes, addr: tuple[str, int]) -> None:
        """Pass a key on."""
        key = read_key(data)
        if key is None:
            _log.debug(
                "A datagram on the key port is no report of a phone's key.",
                extra={"action": "key-report-unread"},
            )
            return
        self._on_key(key)
