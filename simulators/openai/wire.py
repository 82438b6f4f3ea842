"""What carries a session's events: one WebSocket, or all that are attached to a call."""

import asyncio
from collections.abc import AsyncIterator
from typing import Protocol

import aiohttp
from aiohttp import web


class End(Protocol):
    """Somebody who listens to a session."""

    async def send(self, text: str) -> None:
        """Send an event; to nobody if nobody listens any more."""

    async def close(self) -> None:
        """End the session for whoever listens."""


class Wire(End, Protocol):
    """Takes events out and brings events in, as texts."""

    def __aiter__(self) -> AsyncIterator[str]:
        """Bring events until the client has gone or the wire is closed."""


class SocketWire:
    """One WebSocket: the session ends with it."""

    def __init__(self, socket: web.WebSocketResponse) -> None:
        self._socket = socket

    async def send(self, text: str) -> None:
        """Send an event."""
        if self._socket.closed:
            return
        try:
            await self._socket.send_str(text)
        except (ConnectionError, aiohttp.ClientConnectionError):
            # the client went while we spoke: the reading side notices and ends the session
            return

    async def close(self) -> None:
        """Close the socket."""
        await self._socket.close()

    async def __aiter__(self) -> AsyncIterator[str]:
        """Bring what the client sends."""
        async for message in self._socket:
            if message.type is aiohttp.WSMsgType.TEXT:
                yield message.data


class CallWire:
    """The data channel of a call and any number of sidebands; the session outlives all of them."""

    def __init__(self) -> None:
        self._ends: list[End] = []
        self._incoming: asyncio.Queue[str | None] = asyncio.Queue()

    def attach(self, end: End) -> None:
        """Let one more listen."""
        self._ends.append(end)

    def detach(self, end: End) -> None:
        """Let one listen no more."""
        self._ends.remove(end)

    def take(self, text: str) -> None:
        """Take an event from any of them."""
        self._incoming.put_nowait(text)

    async def send(self, text: str) -> None:
        """Send an event to all of them."""
        for end in list(self._ends):
            await end.send(text)

    def break_off(self) -> None:
        """End the session without a word to anybody."""
        self._incoming.put_nowait(None)

    async def close(self) -> None:
        """End the session."""
        self._incoming.put_nowait(None)
        for end in list(self._ends):
            await end.close()

    async def __aiter__(self) -> AsyncIterator[str]:
        """Bring what any of them sends."""
        while (text := await self._incoming.get()) is not None:
            yield text
