"""A call's leg at its bridge: made, in its room or not, which of its connections stand, ended."""

import asyncio
import logging
from collections.abc import Callable
from typing import Any

from agents.media.bridge.agent_leg import PEER, RoomAccess, agent_leg
from agents.media.bridge.bridge_tape import BridgeTape
from agents.media.bridge.leg import LegOrders
from agents.media.bridge.leg_events import LegEvents, LegListener
from agents.media.clip import Clip
from shared.bridge.address import BridgeAddress
from shared.bridge.client import BridgeClient
from shared.bridge.errors import BridgeRefused, BridgeUnreachable
from shared.bridge.events import Happening, LegEvent
from shared.bridge.fleet import Bridges
from shared.bridge.legs import Side

_log = logging.getLogger(__name__)

_END_WITHIN_S = 3.0


class RoomLeg:
    """One leg; what it does about its bridge's refusals is for whoever asks."""

    def __init__(self, name: str, *, room: RoomAccess, bridges: Bridges, events: LegEvents) -> None:
        """Take its name, where it goes, and the ways to the bridges."""
        self.name = name
        self._room, self._bridges, self._events = room, bridges, events
        self._client: BridgeClient | None = None
        self._unfollow: Callable[[], None] = lambda: None
        self.orders: LegOrders | None = None
        self.ready = asyncio.Event()
        """Set once it is listed in its room."""
        self._stands: dict[int, asyncio.Event] = {}

    # --- made ---

    async def make(self, listener: LegListener) -> str:
        """Make it; return our offer to OpenAI.

        Raises:
            BridgeUnreachable, BridgeRefused: no bridge took it.
        """
        address = await self._bridges.choose()
        self._follow(address, listener)
        return await self._at(address).make(agent_leg(self.name, self._room))

    async def find(self, address: BridgeAddress, listener: LegListener) -> None:
        """Go on with one that is there.

        Raises:
            BridgeUnreachable, BridgeRefused: it is gone, or its bridge is.
        """
        await self._at(address).state(self.name)
        self.ready.set()
        self._follow(address, listener)

    @property
    def client(self) -> BridgeClient:
        """The way to its bridge.

        Raises:
            BridgeUnreachable: there is no leg (any more).
        """
        if self._client is None:
            raise BridgeUnreachable
        return self._client

    @property
    def tape(self) -> BridgeTape | None:
        """What can record it; `None`: there is no leg (any more)."""
        return BridgeTape(self._client, self.name) if self._client is not None else None

    async def renew(self) -> tuple[str, int]:
        """Begin another connection to OpenAI; return our offer, and which connection that is.

        Raises:
            BridgeUnreachable, BridgeRefused: it cannot be begun.
        """
        offer = await self.client.renew(self.name, PEER)
        return offer, (await self.client.state(self.name)).generation

    async def answer(self, sdp: str) -> None:
        """Take OpenAI's answer to our newest offer; raises as `renew` does."""
        await self.client.answer(self.name, sdp)

    async def enter(self) -> None:
        """Come into the room although OpenAI has not answered; raises as `renew` does."""
        await self.client.enter(self.name)

    def standing(self, generation: int) -> asyncio.Event:
        """Return what is set once a connection stands."""
        return self._stands.setdefault(generation, asyncio.Event())

    def told(self, event: LegEvent) -> None:
        """Take what the bridge tells of it."""
        match event.happening:
            case Happening.READY:
                self.ready.set()
            case Happening.CONNECTED:
                self.standing(event.generation).set()

    def _at(self, address: BridgeAddress) -> BridgeClient:
        self._client = self._bridges.client(address)
        self.orders = LegOrders(self._client, self.name)
        return self._client

    def _follow(self, address: BridgeAddress, listener: LegListener) -> None:
        self._unfollow = self._events.follow(address, self.name, listener)

    # --- heard ---

    def source(self, participant: str) -> None:
        """Let a participant speak in the model's place; `""`: the model again."""
        if self.orders is not None:
            self.orders.source(participant)

    async def play(self, clip: Clip) -> bool:
        """Have the caller hear a clip next, instead of what waits; `False`: it cannot be.

        It is not tried again: what was not heard now is not worth hearing later.
        """
        try:
            await self.client.clear(self.name, Side.ROOM)
            await self.client.play_sound(self.name, Side.ROOM, clip.name, clip.sound)
        except (BridgeUnreachable, BridgeRefused) as error:
            _log.warning(
                "A clip could not be played.", extra={"action": "clip-unplayed", "why": error.code}
            )
            return False
        return True

    # --- ended ---

    async def let_go(self) -> None:
        """Follow it no more, and leave it as it is."""
        self._unfollow()
        if self.orders is not None:
            await self.orders.aclose()

    async def end(self) -> None:
        """End it, within bounds; harmless when repeated."""
        client, self._client = self._client, None
        if client is None:
            return
        try:
            async with asyncio.timeout(_END_WITHIN_S):
                await client.end(self.name)
        except (BridgeUnreachable, BridgeRefused, TimeoutError) as error:
            _log.warning(
                "A leg could not be ended; its bridge ends it with its room.",
                extra={"action": "leg-unended", "error": type(error).__name__},
            )

    def state(self) -> dict[str, Any]:
        """Return what another process needs to find it."""
        return {"bridge": str(self.client.address), "leg": self.name}
