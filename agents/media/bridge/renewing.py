"""Another session in the place of one that is over, or soon will be: tried within bounds."""

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable
from typing import Protocol

from agents.media.bridge.openai_session import Session
from agents.media.bridge.renewal import is_due, verdict
from agents.media.voice import OpenAIUnreachable
from shared.bridge.errors import BridgeRefused, BridgeUnreachable
from shared.call.call import EndReason
from shared.process.tasks import Tasks

_log = logging.getLogger(__name__)

PLANNED = "planned"
"""Why a session is renewed that still stands."""
UNQUIET = "unquiet"
"""Why it was not: somebody has begun to speak meanwhile."""
# the caller hears nothing meanwhile, after a few words
_WITHIN_S = 8.0
_TRIES = 3
_AGAIN_S = 0.5
# a renewal that was not due yet, and could not be, is tried again
_LATER_S = 30.0


class NotRenewed(Exception):
    """There is no other session to be had."""

    def __init__(self, reason: EndReason, cause: str) -> None:
        """Take what the call is ended with."""
        super().__init__(cause)
        self.reason, self.cause = reason, cause


class Renewed(Protocol):
    """Whose session it is."""

    async def make_another(self, *, may_wait: bool) -> Session:
        """Make a session; where it `may_wait`, it takes the place only while nobody speaks.

        Raises:
            OpenAIUnreachable, BridgeUnreachable, BridgeRefused: it cannot be made (now).
        """

    def gap_opened(self, *, is_planned: bool) -> None:
        """The old session is over, and the new one is not there yet, unless it was planned."""

    async def gap_closed(self, session: Session) -> None:
        """The new one is there."""

    def not_renewed(self, reason: EndReason, cause: str) -> None:
        """There is none any more, and will be none."""


class Renewal:
    """The renewals of one call's session, one at a time."""

    def __init__(self, owner: Renewed) -> None:
        """Take whose session it is."""
        self._owner = owner
        self.has_gap = False
        """Whether there is no session just now."""
        self._is_running = False
        self._not_before = 0.0
        self._tasks = Tasks()

    def is_due(self, session: Session, now: float) -> bool:
        """Whether the session should be renewed at the next pause."""
        return (
            not self._is_running
            and now >= self._not_before
            and is_due(now, began_at=session.began_at, expires_at=session.expires_at)
        )

    def begin(self, why: str) -> None:
        """Have another session; with `PLANNED` the old one serves until it is there."""
        is_planned = why == PLANNED
        if not self._is_running:
            self._is_running = True
            _log.log(
                logging.INFO if is_planned else logging.WARNING,
                "OpenAI's session is renewed.",
                extra={"action": "session-renewing", "why": why},
            )
            self._tasks.spawn(self._renew(is_planned=is_planned))
        if not is_planned:
            self._open(is_planned=False)

    async def close(self) -> None:
        """Stop."""
        await self._tasks.close()

    def _open(self, *, is_planned: bool) -> None:
        if not self.has_gap:
            self.has_gap = True
            self._owner.gap_opened(is_planned=is_planned)

    async def _renew(self, *, is_planned: bool) -> None:
        began = time.monotonic()
        try:
            session = await renewed(
                lambda: self._owner.make_another(may_wait=is_planned and not self.has_gap),
                tries=1 if is_planned else _TRIES,
            )
        except NotRenewed as error:
            self._is_running = False
            if not is_planned:
                self._owner.not_renewed(error.reason, error.cause)
            elif self.has_gap:
                # the old one has ended meanwhile
                self.begin("expired")
            else:
                self._put_off(error.cause)
            return
        took_ms = round((time.monotonic() - began) * 1000)
        _log.info(
            "OpenAI's session was renewed.",
            extra={"action": "session-renewed", "took_ms": took_ms},
        )
        self._open(is_planned=True)
        self._is_running = self.has_gap = False
        await self._owner.gap_closed(session)

    def _put_off(self, cause: str) -> None:
        """Stay with the session that there is: it has some time left."""
        if cause != UNQUIET:
            self._not_before = time.time() + _LATER_S
            _log.warning(
                "OpenAI's session could not be renewed yet; it goes on.",
                extra={"action": "session-unrenewed", "cause": cause},
            )


async def renewed(make: Callable[[], Awaitable[Session]], *, tries: int) -> Session:
    """Make a session; what may pass is tried again, what cannot change is not.

    Raises:
        NotRenewed: it could not be made.
    """
    clock = asyncio.get_running_loop()
    until = clock.time() + _WITHIN_S
    reason, cause = EndReason.OPENAI_UNREACHABLE, "timeout"
    for number in range(tries):
        await asyncio.sleep(_AGAIN_S if number else 0)
        try:
            async with asyncio.timeout_at(until):
                return await make()
        except (OpenAIUnreachable, BridgeUnreachable, BridgeRefused, TimeoutError) as error:
            reason, cause, again = verdict(error)
            if not again or clock.time() >= until:
                break
    raise NotRenewed(reason, cause)
