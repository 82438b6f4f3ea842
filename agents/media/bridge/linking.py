"""A leg in the room joined to a call at OpenAI: made, made anew when the call is lost, and ended.

What goes over it is for others; here is only whether it stands.
"""

import asyncio
import json
import logging
import time
from collections.abc import Awaitable, Callable
from typing import Any

from agents.media.bridge.agent_leg import PEER, RoomAccess, agent_leg
from agents.media.bridge.leg import LegOrders
from agents.media.bridge.leg_events import LegEvents
from agents.media.bridge.link_observer import LinkObserver
from agents.media.bridge.openai_calls import OpenAICalls
from agents.media.bridge.renewal import SESSION_S, is_due, verdict
from agents.media.bridge.sideband import Sideband
from agents.media.bridge.voice_state import VoiceState
from agents.media.voice import OpenAIUnreachable, RoomUnreachable
from shared.bridge.address import BridgeAddress
from shared.bridge.client import BridgeClient
from shared.bridge.errors import BridgeRefused, BridgeUnreachable
from shared.bridge.events import Happening, LegEvent
from shared.bridge.fleet import Bridges
from shared.call.call import EndReason
from shared.process.tasks import Tasks

_log = logging.getLogger(__name__)

_RENEWALS = 3
_RENEW_WITHIN_S = 8.0
_AGAIN_S = 0.5
_END_WITHIN_S = 3.0


class Link:
    """One call's leg and its call at OpenAI."""

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
        self._observer, self._room, self.leg = observer, room, leg
        self._bridges, self._events, self._calls = bridges, events, calls
        self._config: Callable[[str], dict[str, Any]] = lambda model: {"model": model}
        self._client: BridgeClient | None = None
        self._sideband: Sideband | None = None
        self._unfollow: Callable[[], None] = lambda: None
        self.orders: LegOrders | None = None
        self.model = self.call_id = ""
        self.generation = 1
        self.expires_at = 0.0
        self._began_at = 0.0
        self._is_up = self._is_over = False
        self._ready = asyncio.Event()
        self._is_resumed = False
        """Whether the leg tells us what has happened before we came."""
        self._stands: dict[int, asyncio.Event] = {}
        self._failed: asyncio.Future[Exception] = asyncio.get_running_loop().create_future()
        self._renewal: asyncio.Task[None] | None = None
        self._tasks = Tasks()

    @property
    def is_up(self) -> bool:
        """Whether there is a leg in the room."""
        return self._is_up and not self._is_over

    @property
    def takes_events(self) -> bool:
        """Whether there is a session, and none is being made."""
        return self.is_up and self.has_session

    @property
    def has_session(self) -> bool:
        """Whether OpenAI's call still stands, though the room may be gone."""
        return self._is_up and self._sideband is not None and self._renewal is None

    def send(self, event: dict[str, Any]) -> None:
        """Send OpenAI an event."""
        if self._sideband is not None:
            self._sideband.send(event)

    # --- up ---

    async def bring_up(
        self,
        choose: Callable[[], Awaitable[str]],
        config: Callable[[str], dict[str, Any]],
        timeout_s: float,
    ) -> None:
        """Make the leg and OpenAI's call, and wait until both stand; nothing leaves yet.

        Raises:
            OpenAIUnreachable: OpenAI refused, or did not answer in time.
            RoomUnreachable: there is no bridge, or no way into the room.
        """
        self._config = config
        choosing = asyncio.ensure_future(choose())
        try:
            await self._make_leg()
            try:
                async with asyncio.timeout(timeout_s):
                    self.model = await choosing
                    await self._unless_failed(self._make_call())
            except TimeoutError:
                raise OpenAIUnreachable("timeout") from None
            await self._unless_failed(self._ready.wait())
        except (BridgeUnreachable, BridgeRefused) as error:
            raise RoomUnreachable(error.code) from error
        finally:
            choosing.cancel()
        self._is_up = True

    async def _make_leg(self) -> None:
        address = await self._bridges.choose()
        self._follow(address)
        client = self._client_of(address)
        self._offer = await client.make(agent_leg(self.leg, self._room))

    async def _make_call(self) -> None:
        client = self._bridge()
        answer, self.call_id = await self._calls.create(self._offer, self._config(self.model))
        self._sideband = self._attach()
        self._began_at, self.expires_at = time.time(), time.time() + SESSION_S
        await client.answer(self.leg, answer)
        await self._sideband.is_up.wait()
        await self._standing(1).wait()

    async def resume(self, state: VoiceState, config: Callable[[str], dict[str, Any]]) -> None:
        """Go on where another process has stopped.

        Raises:
            RoomUnreachable: the leg, or its bridge, is gone.
        """
        self._config = config
        self.model, self.call_id = state.model, state.openai_call
        self.generation, self.expires_at = state.generation, state.expires_at
        self._began_at = time.time()
        address = BridgeAddress.parse(state.bridge)
        self._client_of(address)
        try:
            await self._bridge().state(self.leg)
        except (BridgeUnreachable, BridgeRefused) as error:
            raise RoomUnreachable(error.code) from error
        self._ready.set()
        self._is_up = self._is_resumed = True
        self._follow(address)
        self._sideband = self._attach()

    def state(self) -> dict[str, Any]:
        """Return what `VoiceState` needs to know of the link."""
        return {
            "bridge": str(self._bridge().address),
            "leg": self.leg,
            "openai_call": self.call_id,
            "model": self.model,
            "generation": self.generation,
            "expires_at": self.expires_at,
        }

    def _client_of(self, address: BridgeAddress) -> BridgeClient:
        self._client = self._bridges.client(address)
        self.orders = LegOrders(self._client, self.leg)
        return self._client

    def _follow(self, address: BridgeAddress) -> None:
        self._unfollow = self._events.follow(address, self.leg, self)

    def _bridge(self) -> BridgeClient:
        if self._client is None:
            raise BridgeUnreachable
        return self._client

    def _attach(self) -> Sideband:
        call_id = self.call_id
        return Sideband(
            self._calls,
            call_id,
            on_event=lambda event: self._hear(event, time.time()),
            on_gone=lambda: self._session_over(call_id, "sideband-gone"),
        )

    def _standing(self, generation: int) -> asyncio.Event:
        return self._stands.setdefault(generation, asyncio.Event())

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
        kind = event.get("type")
        if kind == "session.created":
            session = event.get("session")
            expires_at = session.get("expires_at") if isinstance(session, dict) else None
            if isinstance(expires_at, int | float) and expires_at > at:
                self.expires_at = float(expires_at)
        elif kind == "error" and not self._is_up:
            self._fail(OpenAIUnreachable(error_code(event) or "error"))
        self._observer.openai_told(event, at)

    def leg_told(self, event: LegEvent) -> None:
        """Take what the bridge tells of the leg."""
        match event.happening:
            case Happening.READY:
                self._ready.set()
            case Happening.CONNECTED:
                self._standing(event.generation).set()
            case Happening.MESSAGE:
                self._take_message(event)
            case Happening.PEER_LOST if event.generation == self.generation:
                self._session_over(self.call_id, "peer-lost")
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
            self._is_over = True
            self._observer.link_lost(reason, cause)

    # --- another session ---

    def is_due(self, now: float) -> bool:
        """Whether the session should be renewed at the next pause."""
        return self.takes_events and is_due(
            now, began_at=self._began_at, expires_at=self.expires_at
        )

    def renew(self, why: str) -> None:
        """Have another session in the place of this one, under the same leg."""
        if self.is_up and self._renewal is None:
            _log.warning(
                "OpenAI's session is renewed.", extra={"action": "session-renewing", "why": why}
            )
            self._observer.session_lost()
            self._renewal = self._tasks.spawn(self._renew())

    def _session_over(self, call_id: str, why: str) -> None:
        if call_id != self.call_id:
            return  # of the one before
        if not self._is_up:
            self._fail(OpenAIUnreachable(why))
        else:
            self.renew(why)

    async def _renew(self) -> None:
        began = time.monotonic()
        old_call, old_sideband = self.call_id, self._sideband
        reason, cause, again = EndReason.OPENAI_UNREACHABLE, "session-lost", True
        for number in range(_RENEWALS):
            await asyncio.sleep(_AGAIN_S if number else 0)
            try:
                async with asyncio.timeout(_RENEW_WITHIN_S):
                    await self._make_another()
            except (OpenAIUnreachable, BridgeUnreachable, BridgeRefused, TimeoutError) as error:
                reason, cause, again = verdict(error)
                if again:
                    continue
                break
            took_ms = round((time.monotonic() - began) * 1000)
            _log.info(
                "OpenAI's session was renewed.",
                extra={"action": "session-renewed", "took_ms": took_ms},
            )
            self._renewal = None
            self._observer.session_renewed()
            await self._end_call(old_call, old_sideband)
            return
        await self._end_call(old_call, old_sideband)
        self._lose(reason, cause)

    async def _make_another(self) -> None:
        client = self._bridge()
        offer = await client.renew(self.leg, PEER)
        generation = (await client.state(self.leg)).generation
        answer, call_id = await self._calls.create(offer, self._config(self.model))
        old, self.call_id = self._sideband, call_id
        self.generation = generation
        self._sideband = sideband = self._attach()
        for item in self._observer.items_to_replay():
            sideband.send({"type": "conversation.item.create", "item": item})
        if old is not None:
            await old.aclose()
        self._began_at, self.expires_at = time.time(), time.time() + SESSION_S
        try:
            await sideband.is_up.wait()
            await client.answer(self.leg, answer)
            await self._standing(generation).wait()
        except BaseException:
            # nobody would ever talk over it
            self._tasks.spawn(self._calls.hang_up(call_id))
            raise

    # --- the end ---

    async def _end_call(self, call_id: str, sideband: Sideband | None) -> None:
        if sideband is not None:
            await sideband.aclose()
        if call_id:
            await self._calls.hang_up(call_id)

    async def aclose(self) -> None:
        """End both, within bounds; harmless when repeated."""
        self._is_over = True
        self._unfollow()
        await self._tasks.close()
        if self.orders is not None:
            await self.orders.aclose()
        call_id, self.call_id = self.call_id, ""
        sideband, self._sideband = self._sideband, None
        await self._end_call(call_id, sideband)
        await self._end_leg()

    async def let_go(self) -> None:
        """Leave both as they are, for another process to go on with."""
        self._is_over = True
        self._unfollow()
        await self._tasks.close()
        if self.orders is not None:
            await self.orders.aclose()
        if self._sideband is not None:
            await self._sideband.aclose()

    async def _end_leg(self) -> None:
        client, self._client = self._client, None
        if client is None:
            return
        try:
            async with asyncio.timeout(_END_WITHIN_S):
                await client.end(self.leg)
        except (BridgeUnreachable, BridgeRefused, TimeoutError) as error:
            _log.warning(
                "A leg could not be ended; its bridge ends it with its room.",
                extra={"action": "leg-unended", "error": type(error).__name__},
            )


def error_code(event: dict[str, Any]) -> str:
    """Read what an `error` event of OpenAI's is about."""
    error = event.get("error")
    return str(error.get("code") or error.get("type") or "") if isinstance(error, dict) else ""
