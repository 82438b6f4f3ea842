"""What the tools work on: one call's records, and the profile that it is spoken by."""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime
from typing import TypeVar
from uuid import UUID, uuid5
from zoneinfo import ZoneInfo

from agents.media.tool import ToolProblem
from shared.call.ids import CallId
from shared.database.store import CallNotes
from shared.profiles.profile import Profile

_log = logging.getLogger(__name__)

_NAMESPACE = UUID("6d1f7c1e-0f0a-5a0e-9d53-2a8b3c6f4e11")
# How long somebody on the telephone waits for an answer; within it the database's client repeats.
_WRITE_WITHIN_S = 5.0
_READ_WITHIN_S = 1.5

_Written = TypeVar("_Written")


@dataclass(frozen=True, slots=True, kw_only=True)
class Desk:
    """One call's records.

    Every effect may be repeated: a model calls twice, a session is replayed, a worker takes over.
    """

    call_id: CallId
    store: Callable[[], Awaitable[CallNotes]]
    profile: Profile
    clock: Callable[[], datetime]
    source: str = "agent"
    """Who wants what is written: `agent`, in the call, or `workflow`, after it."""

    @property
    def zone(self) -> ZoneInfo:
        """The clock that the business lives by."""
        return self.profile.zone

    def local_now(self) -> datetime:
        """What that clock shows."""
        return self.clock().astimezone(self.zone)

    def id_of(self, *content: object) -> str:
        """Derive the id of something in this call: the same content is the same thing."""
        return str(uuid5(_NAMESPACE, "|".join(map(str, (self.call_id, *content)))))

    async def write(self, write: Callable[[CallNotes], Awaitable[_Written]]) -> _Written:
        """Write something down, within the time that somebody on the telephone waits.

        Raises:
            ToolProblem: it could not be written.
        """
        try:
            async with asyncio.timeout(_WRITE_WITHIN_S):
                return await write(await self.store())
        except Exception as error:
            _log.warning(
                "A tool's write failed.",
                extra={"action": "tool-write-failed", "error": type(error).__name__},
            )
            raise ToolProblem(
                "It could not be written down just now. Apologise, go on without it, and try once "
                "more before the end of the call.",
                slug="unwritten",
            ) from None

    async def read(
        self, read: Callable[[CallNotes], Awaitable[_Written]], *, otherwise: _Written
    ) -> _Written:
        """Read something that can be done without, within a moment."""
        try:
            async with asyncio.timeout(_READ_WITHIN_S):
                return await read(await self.store())
        except Exception as error:
            _log.warning(
                "What a tool wanted to read could not be read; it goes on without.",
                extra={"action": "tool-read-failed", "error": type(error).__name__},
            )
            return otherwise
