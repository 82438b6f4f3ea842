"""A leg in the room joined to a session of OpenAI's: made, made anew when it is lost, and ended.

What goes over it is for others; here is only whether it stands.
"""

import asyncio
import json
import time
from collections.abc import Awaitable, Callable
from typing import Any

from agents.media.bridge.agent_leg import RoomAccess
from agents.media.bridge.leg_events import LegEvents
from agents.media.bridge.link_observer import LinkObserver
from agents.media.bridge.openai_calls import Config, OpenAICalls
from agents.media.bridge.openai_session import Session, Sessions
from agents.media.bridge.renewal import error_code, fatal_code
from agents.media.bridge.renewing import PLANNED, Renewal
from agents.media.bridge.room_leg import RoomLeg
from agents.media.bridge.voice_state import VoiceState
from agents.media.voice import Models, OpenAIUnreachable, RoomUnreachable
from shared.bridge.address import BridgeAddress
from shared.bridge.errors import BridgeRefused, BridgeUnreachable
from shared.bridge.events import Happening, LegEvent
from shared.bridge.fleet import Bridges
from shared.call import openai_refusal
from shared.call.call import EndReason

# of one that is renewed in mid-call: a model that takes longer is as good as none
_MODEL_WITHIN_S = 4.0
_ENTERS_WITHIN_S = 3.0


class Link:
    """One call's leg and its session at OpenAI."""

    def __init__(
        self,
        observer: LinkObserver,
        *,
        room: RoomAccess,
        leg: str,
        bridges: Bridges,
        events: LegEvents,
        calls: OpenAICalls,
    ) -> None:
        """Take who is told, where the leg goes, and the ways to bridges and OpenAI."""
        self._observer = observer
        self.leg = RoomLeg(leg, room=room, bridges=bridges, events=events)
        self._sessions = Sessions(
            self.leg,
            calls,
            on_event=self._hear,
            on_gone=lambda call_id: self._session_over(call_id, "sideband-gone"),
        )
        self._config: Config = lambda model: {"model": model}
        self._models: Models = ()
        self._session: Session | None = None
        self._is_up = self._is_over = False
        self._is_resumed = False
        """Whether the leg tells us what has happened before we came."""
        self._failed: asyncio.Future[Exception] = asyncio.get_running_loop().create_future()
        self._renewal = Renewal(self)

    @property
    def is_up(self) -> bool:
        """Whether there is a leg in the room."""
        return self._is_up and not self._is_over

    @property
    def takes_events(self) -> bool:
        """Whether there is a session, and none is being made in its place."""
        return self.is_up and self.has_session

    @property
    def has_session(self) -> bool:
        """Whether OpenAI's session still stands, though the room may be gone."""
        return self._is_up and self._session is not None and not self._renewal.has_gap

    def send(self, event: dict[str, Any]) -> None:
        """Send OpenAI an event."""
        if self._session is not None:
            self._session.sideband.send(event)

    # --- up ---

    async def bring_up(
        self, choose: Callable[[], Awaitable[Models]], config: Config, timeout_s: float
    ) -> None:
        """Make leg and session, and wait until both stand; nothing leaves yet.

        Raises:
            OpenAIUnreachable: OpenAI refused, or did not answer in time.
            RoomUnreachable: there is no bridge, or no way into the room.
        """
        self._config = config
        choosing = asyncio.ensure_future(choose())
        try:
            offer = await self.leg.make(self)
            try:
                async with asyncio.timeout(timeout_s):
                    self._models = await choosing
                    await self._unless_failed(self._make_first(offer, timeout_s))
            except TimeoutError:
                raise OpenAIUnreachable("timeout") from None
            await self._unless_failed(self.leg.ready.wait())
        except (BridgeUnreachable, BridgeRefused) as error:
            raise RoomUnreachable(error.code) from error
        finally:
            choosing.cancel()
        self._is_up = True

    async def _make_first(self, offer: str, within_s: float) -> None:
        self._session = await self._sessions.make(
            offer, 1, models=self._models, config=self._config, within_s=within_s
        )

    async def stand_in(self) -> None:
        """Be in the room without a session.

        Raises:
            RoomUnreachable: there is no leg, or no way into the room.
        """
        self._failed = asyncio.get_running_loop().create_future()
        self._renewal.has_gap = True
        try:
            async with asyncio.timeout(_ENTERS_WITHIN_S):
                await self.leg.enter()
                await self._unless_failed(self.leg.ready.wait())
        except (BridgeUnreachable, BridgeRefused) as error:
            raise RoomUnreachable(error.code) from error
        except TimeoutError:
            raise RoomUnreachable("timeout") from None
        self._is_up = True

    async def resume(self, state: VoiceState, config: Config) -> None:
        """Go on where another process has stopped.

        Raises:
            RoomUnreachable: the leg, or its bridge, is gone.
        """
        self._config, self._models = config, (state.model,)
        self._is_up = self._is_resumed = True
        self._session = self._sessions.find(
            state.openai_call,
            model=state.model,
            generation=state.generation,
            expires_at=state.expires_at,
        )
        try:
            await self.leg.find(BridgeAddress.parse(state.bridge), self)
        except (BridgeUnreachable, BridgeRefused) as error:
            self._is_up = False
            raise RoomUnreachable(error.code) from error

    def state(self) -> dict[str, Any] | None:
        """Return what `VoiceState` needs to know of the link; `None`: there is no session."""
        session = self._session
        if session is None:
            return None
        return self.leg.state() | {
            "openai_call": session.call_id,
            "model": session.model,
            "generation": session.generation,
            "expires_at": session.expires_at,
        }

    async def _unless_failed(self, wait: Awaitable[Any]) -> None:
        """Wait for something, or for the news that it cannot come.

        Raises:
            OpenAIUnreachable, RoomUnreachable: it cannot.
        """
        waiting = asyncio.ensure_future(wait)
        try:
            await asyncio.wait({waiting, self._failed}, return_when=asyncio.FIRST_COMPLETED)
            if self._failed.done():
                raise self._failed.result()
            await waiting
        finally:
            waiting.cancel()
            await asyncio.gather(waiting, return_exceptions=True)

    def _fail(self, error: Exception) -> None:
        if not self._failed.done():
            self._failed.set_result(error)

    # --- what is told ---

    def _hear(self, event: dict[str, Any], at: float) -> None:
        if not self._is_up and event.get("type") == "error":
            self._fail(OpenAIUnreachable(error_code(event) or "error"))
        code = fatal_code(event)
        if code and self.is_up:
            self._lose(openai_refusal.reason_of(code), code)
        self._observer.openai_told(event, at)

    def leg_told(self, event: LegEvent) -> None:
        """Take what the bridge tells of the leg."""
        self.leg.told(event)
        match event.happening:
            case Happening.MESSAGE:
                self._take_message(event)
            case Happening.PEER_LOST if event.generation == self._generation:
                self._session_over(self._call_id, "peer-lost")
            case Happening.ROOM_LOST | Happening.CLOSED:
                self._leave()
        self._observer.leg_told(event)

    def _take_message(self, event: LegEvent) -> None:
        try:
            told = json.loads(event.text("text"))
        except (ValueError, RecursionError):
            return
        if isinstance(told, dict):
            # clocks differ between machines: what is told as it happens has happened now by ours
            now = time.time()
            self._hear(told, min(now, event.at.timestamp()) if self._is_resumed else now)

    def bridge_lost(self) -> None:
        """The bridge has died."""
        self._lose(EndReason.BRIDGE_LOST, "bridge-lost")

    def _leave(self) -> None:
        if not self._is_up:
            self._fail(RoomUnreachable("leg-closed"))
        elif not self._is_over:
            self._is_over = True
            self._observer.room_closed()

    def _lose(self, reason: EndReason, cause: str) -> None:
        if not self._is_up:
            self._fail(RoomUnreachable(cause))
        elif not self._is_over:
            self._is_over = self._renewal.has_gap = True
            self._observer.link_lost(reason, cause)

    # --- another session ---

    def is_due(self, now: float) -> bool:
        """Whether the session should be renewed at the next pause."""
        session = self._session
        return self.takes_events and session is not None and self._renewal.is_due(session, now)

    def renew(self) -> None:
        """Have another session in the place of this one, which serves until it is there."""
        if self.takes_events:
            self._renewal.begin(PLANNED)

    def _session_over(self, call_id: str, why: str) -> None:
        if not self._is_up:
            self._fail(OpenAIUnreachable(why))
        elif call_id == self._call_id and self.is_up:
            self._renewal.begin(why)

    async def make_another(self, *, may_wait: bool) -> Session:
        """Make a session beside the one that there is, or was; see `Renewed`."""
        offer, generation = await self.leg.renew()
        return await self._sessions.make(
            offer,
            generation,
            models=self._models,
            config=self._config,
            within_s=_MODEL_WITHIN_S,
            items=lambda: self._observer.items_to_replay(generation),
            may_switch=lambda: not may_wait or self._observer.is_quiet,
        )

    def gap_opened(self, *, is_planned: bool) -> None:
        """Have what is under way be broken off."""
        self._observer.session_lost(is_planned=is_planned)

    async def gap_closed(self, session: Session) -> None:
        """Go on in another session, unless the call is over."""
        old, self._session = self._session, session
        if self.is_up:
            self._observer.session_renewed()
        if old is not None:
            await self._sessions.end(old)

    def not_renewed(self, reason: EndReason, cause: str) -> None:
        """There is none."""
        self._lose(reason, cause)

    @property
    def _call_id(self) -> str:
        return self._session.call_id if self._session is not None else ""

    @property
    def _generation(self) -> int:
        return self._session.generation if self._session is not None else 1

    # --- the end ---

    async def aclose(self) -> None:
        """End both, within bounds; harmless when repeated."""
        session = await self._let_go()
        if session is not None:
            await self._sessions.end(session)
        await self._sessions.aclose()
        await self.leg.end()

    async def let_go(self) -> None:
        """Leave both as they are, for another process to go on with."""
        session = await self._let_go()
        if session is not None:
            await session.sideband.aclose()

    async def _let_go(self) -> Session | None:
        self._is_over = True
        await self._renewal.close()
        await self.leg.let_go()
        session, self._session = self._session, None
        return session
