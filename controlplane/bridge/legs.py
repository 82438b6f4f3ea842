"""The caller's legs on the media bridges: what a call's leg is asked for, and at which bridge.

A call stays on the bridge that took it: its row keeps the address, and `leg_of` finds the way there
on any replica, also after the bridge has left the configuration.
"""

import asyncio
import time
from dataclasses import dataclass

from controlplane.bridge.descriptions import (
    OPUS_FMTP,
    answer_for_bridge,
    answer_for_meta,
    offer_for_bridge,
    offer_for_meta,
)
from controlplane.core.caller_leg import RoomPlace
from controlplane.core.liveness import MediaReading
from shared.bridge.client import BridgeClient
from shared.bridge.errors import BridgeGone, BridgeRefused, NoBridge
from shared.bridge.fleet import Bridges
from shared.bridge.legs import (
    Gate,
    LegSpec,
    LegState,
    PeerSide,
    RoomSide,
    Side,
    call_of_leg,
    leg_id,
)
from shared.call.call import Call
from shared.call.ids import CallId
from shared.call.room import CALLER_IDENTITY

TRACK = "caller-audio"
"""What the leg publishes."""

_POLL_S = 0.02
# the bridge gives up after 8 s by itself
_JOIN_WITHIN_S = 5.0
# A phone that says nothing after its pick-up hears the agent all the same, after so long.
_SPEAK_WITHIN_S = 2.0


@dataclass(frozen=True, slots=True, kw_only=True)
class LegPatience:
    """How long a leg waits for what; in seconds."""

    dead_s: float
    """Nothing from the phone's side of the network for so long: it is gone."""
    ring_s: float
    """Until the phone's side has to be there: it may be deaf while it rings."""
    life_s: float
    """The leg of a call that everybody has forgotten ends after this."""


class BridgeLeg:
    """One call's leg at the bridge that holds it (`CallerLeg`)."""

    def __init__(
        self, client: BridgeClient, call_id: CallId, *, livekit_url: str, patience: LegPatience
    ) -> None:
        """Take the way to the bridge that the call's row names."""
        self._client = client
        self._id = leg_id(call_id, CALLER_IDENTITY)
        self._livekit_url = livekit_url
        self._patience = patience

    def check_offer(self, offer: str) -> None:
        """Raise if no leg can be made of WhatsApp's offer.

        Raises:
            BadSdp: the text says why.
        """
        offer_for_bridge(offer)

    async def offer(self, place: RoomPlace) -> str:
        """Make the leg of a call that we place; return the offer for Graph's `connect`."""
        peer = PeerSide(
            fmtp=OPUS_FMTP,
            digits=True,
            dead_after_s=self._patience.dead_s,
            connect_within_s=self._patience.ring_s,
        )
        return offer_for_meta(await self._make(place, peer))

    async def take_answer(self, answer: str) -> None:
        """Take WhatsApp's answer to `offer`. Harmless when repeated."""
        await self._client.answer(self._id, answer_for_bridge(answer))

    async def take_offer(self, place: RoomPlace, offer: str) -> str:
        """Make the leg of a call that comes in; return the answer for Meta."""
        peer = PeerSide(
            offer=offer_for_bridge(offer),
            digits=True,
            dead_after_s=self._patience.dead_s,
            connect_within_s=self._patience.ring_s,
        )
        return answer_for_meta(await self._make(place, peer), offer)

    async def _make(self, place: RoomPlace, peer: PeerSide) -> str:
        room = RoomSide(
            url=self._livekit_url,
            token=place.token,
            track=TRACK,
            hears=place.hears,
            awaits_answer=True,
        )
        return await self._client.make(
            LegSpec(
                id=self._id,
                room=room,
                peer=peer,
                fill_peer=True,
                # the phone says nothing before it is picked up; then no word of it is to be lost
                gates={Side.ROOM: Gate.OPEN, Side.PEER: Gate.KEPT},
                ends_after_s=self._patience.life_s,
            )
        )

    async def wait_until_joined(self) -> str:
        """Wait until the room has the leg; return its participant's id there."""
        deadline = time.monotonic() + _JOIN_WITHIN_S
        while not (state := await self._state()).in_room:
            if time.monotonic() >= deadline:
                raise BridgeRefused(
                    "not-joined",
                    "The media bridge did not get into LiveKit's room in time; see its log, and "
                    "whether LIVEKIT_URL can be reached from there.",
                )
            await asyncio.sleep(_POLL_S)
        return state.participant

    async def wait_until_connected(self, within_s: float) -> bool:
        """Wait until phone and leg have reached each other; `False` if they have not in time."""
        deadline = time.monotonic() + within_s
        while not (await self._state()).peer.is_connected:
            if time.monotonic() >= deadline:
                return False
            await asyncio.sleep(_POLL_S)
        return True

    async def open(self) -> None:
        """Let the phone hear the agent from its first word on, once the phone has spoken."""
        await self._client.gate(self._id, Side.PEER, Gate.HELD, release_within_s=_SPEAK_WITHIN_S)

    async def read(self) -> MediaReading:
        """Read how the phone's side does."""
        state = await self._state()
        return MediaReading(
            packets=state.received[Side.PEER].packets,
            is_lost=state.peer.is_lost,
            is_open=state.gates[Side.PEER] in (Gate.HELD, Gate.OPEN),
        )

    async def release(self) -> bool:
        """End the leg; return whether it was still there."""
        try:
            return await self._client.end(self._id)
        except BridgeGone:
            # its legs have gone with it
            return False

    async def _state(self) -> LegState:
        return await self._client.state(self._id)


class BridgeLegs:
    """The legs on all bridges (`LegFleet`); holds nothing of a call."""

    def __init__(self, bridges: Bridges, *, livekit_url: str, patience: LegPatience) -> None:
        """Take the bridges, and where LiveKit is for them."""
        self._bridges = bridges
        self._livekit_url = livekit_url
        self._patience = patience

    async def choose(self) -> str:
        """Return the address of the bridge for a new call."""
        return str(await self._bridges.choose())

    def leg_of(self, call: Call) -> BridgeLeg:
        """Return the call's leg, at the bridge that its row names.

        Raises:
            NoBridge: the row names none, or what no bridge listens on.
        """
        try:
            client = self._bridges.client(call.bridge or "")
        except ValueError:
            raise NoBridge from None
        return BridgeLeg(client, call.id, livekit_url=self._livekit_url, patience=self._patience)

    async def holds(self, address: str) -> frozenset[CallId]:
        """Say of which calls a bridge has the caller's leg; none if it runs no more."""
        try:
            legs = await self._bridges.client(address).legs()
        except BridgeGone:
            return frozenset()
        named = (call_of_leg(leg) for leg in legs)
        return frozenset(one[0] for one in named if one is not None and one[1] == CALLER_IDENTITY)
