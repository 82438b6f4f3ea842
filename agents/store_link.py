"""One call's way to the database: connected when it is first needed, and closed at the end."""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from typing import Generic, Protocol, TypeVar

from agents.settings import Settings
from shared.database.store import AgentStore, CallNotes

_log = logging.getLogger(__name__)

ConnectStore = Callable[[Settings], Awaitable[CallNotes]]
ConnectAgentStore = Callable[[Settings], Awaitable[AgentStore]]


class _Closed(Protocol):
    async def close(self) -> None:
        """Let go of the connections."""


_Store = TypeVar("_Store", bound=_Closed)


class Link(Protocol):
    """What a call's session knows of its way to the database."""

    async def store(self) -> CallNotes:
        """Return the database, once it is connected; raises whatever connecting raises."""

    async def warm(self) -> None:
        """Connect while there is time; never raises."""

    async def close(self) -> None:
        """Let go of it."""


class StoreLink(Generic[_Store]):
    """Connects once, for whoever asks first; nobody who gives up waiting breaks it for others."""

    def __init__(
        self, connect: Callable[[Settings], Awaitable[_Store]], settings: Settings
    ) -> None:
        """Take the way to the database; nothing is connected yet."""
        self._connect, self._settings = connect, settings
        self._connecting: asyncio.Task[_Store] | None = None

    async def store(self) -> _Store:
        """Return the database, once it is connected.

        Raises whatever connecting raises; who asks after that makes it try again.
        """
        if self._connecting is None or _has_failed(self._connecting):
            self._connecting = asyncio.create_task(self._connected())
        return await asyncio.shield(self._connecting)

    async def warm(self) -> None:
        """Connect while there is time; a failure is logged, and met again by whoever needs it."""
        try:
            await self.store()
        except Exception as error:
            _log.error(
                "The database cannot be used.",
                extra={"action": "store-unusable", "error": type(error).__name__},
            )

    async def close(self) -> None:
        """Close what was connected."""
        connecting = self._connecting
        if connecting is None:
            return
        connecting.cancel()
        await asyncio.gather(connecting, return_exceptions=True)
        if not _has_failed(connecting):
            await connecting.result().close()

    async def _connected(self) -> _Store:
        return await self._connect(self._settings)


class LentLink:
    """The process's own link, for one of its calls: it outlives each."""

    def __init__(self, link: Link) -> None:
        """Take the link; it stays the lender's to close."""
        self._link = link

    async def store(self) -> CallNotes:
        """Return the database; see `Link`."""
        return await self._link.store()

    async def warm(self) -> None:
        """Connect; see `Link`."""
        await self._link.warm()

    async def close(self) -> None:
        """Leave it to the others."""


def _has_failed(task: asyncio.Task[_Store]) -> bool:
    return task.done() and (task.cancelled() or task.exception() is not None)
