"""OpenAI's sessions under a leg: the first one, and others in its place."""

import asyncio
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from agents.media.bridge.openai_calls import Config, OpenAICalls
from agents.media.bridge.renewal import SESSION_S
from agents.media.bridge.room_leg import RoomLeg
from agents.media.bridge.sideband import Sideband
from agents.media.voice import OpenAIUnreachable
from shared.process.tasks import Tasks

_END_WITHIN_S = 4.0


@dataclass(slots=True, kw_only=True)
class Session:
    """One of OpenAI's sessions, and the leg's connection that it is at the end of."""

    call_id: str
    model: str
    generation: int
    sideband: Sideband
    began_at: float
    expires_at: float
    """When OpenAI ends it, in seconds of the wall clock."""

    def introduced(self, event: dict[str, Any], now: float) -> None:
        """Read out of `session.created` when it ends."""
        session = event.get("session")
        expires_at = session.get("expires_at") if isinstance(session, dict) else None
        if isinstance(expires_at, int | float) and expires_at > now:
            self.expires_at = float(expires_at)


class Sessions:
    """Makes, finds and ends the sessions of one leg."""

    def __init__(
        self,
        leg: RoomLeg,
        calls: OpenAICalls,
        *,
        on_event: Callable[[dict[str, Any], float], None],
        on_gone: Callable[[str], None],
    ) -> None:
        """Take the leg, the way to OpenAI, and who is told of events, and of calls that are gone.

        `on_gone` takes the call's id.
        """
        self._leg, self._calls = leg, calls
        self._on_event, self._on_gone = on_event, on_gone
        self._tasks = Tasks()

    async def make(
        self,
        offer: str,
        generation: int,
        *,
        models: Sequence[str],
        config: Config,
        within_s: float,
        items: Callable[[], list[dict[str, Any]]] = list,
        may_switch: Callable[[], bool] = lambda: True,
    ) -> Session:
        """Make a session for one of the leg's connections, and wait until both stand.

        Of the models it is the first one that can be had. `items` are what it is to know.
        `may_switch` is asked before the connection takes the place of another.

        Raises:
            OpenAIUnreachable: none; `unquiet` if it might not switch.
            BridgeUnreachable, BridgeRefused: the leg is gone.
        """
        made = await self._calls.create_first(offer, models, config, within_s)
        now = time.time()
        session = self._attached(made.call_id, made.model, generation, now, now + SESSION_S)
        try:
            if generation == 1:
                # there is nothing to tell it, and no time to lose
                await self._leg.answer(made.answer)
            for item in items():
                session.sideband.send({"type": "conversation.item.create", "item": item})
            await _up(session.sideband)
            if not may_switch():
                raise OpenAIUnreachable("unquiet")
            if generation > 1:
                await self._leg.answer(made.answer)
            await self._leg.standing(generation).wait()
        except BaseException:
            # nobody will ever talk over it
            self._tasks.spawn(self.end(session))
            raise
        return session

    def find(self, call_id: str, *, model: str, generation: int, expires_at: float) -> Session:
        """Go on with one that is there."""
        return self._attached(call_id, model, generation, time.time(), expires_at)

    async def end(self, session: Session) -> None:
        """Hang it up; harmless when repeated."""
        await session.sideband.aclose()
        await self._calls.hang_up(session.call_id)

    async def aclose(self) -> None:
        """Wait for the ends that are under way."""
        await self._tasks.drain(_END_WITHIN_S)
        await self._tasks.close()

    def _attached(
        self, call_id: str, model: str, generation: int, began_at: float, expires_at: float
    ) -> Session:
        def hear(event: dict[str, Any]) -> None:
            now = time.time()
            if event.get("type") == "session.created":
                session.introduced(event, now)
            self._on_event(event, now)

        session = Session(
            call_id=call_id,
            model=model,
            generation=generation,
            sideband=Sideband(
                self._calls, call_id, on_event=hear, on_gone=lambda: self._on_gone(call_id)
            ),
            began_at=began_at,
            expires_at=expires_at,
        )
        return session


async def _up(sideband: Sideband) -> None:
    """Wait until OpenAI has said which session this is.

    Raises:
        OpenAIUnreachable: it has ended it instead.
    """
    waiting = [asyncio.ensure_future(one.wait()) for one in (sideband.is_up, sideband.has_ended)]
    try:
        await asyncio.wait(waiting, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for one in waiting:
            one.cancel()
        await asyncio.gather(*waiting, return_exceptions=True)
    if not sideband.is_up.is_set():
        raise OpenAIUnreachable("session-lost")
