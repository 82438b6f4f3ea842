"""What the stories need of the leg between a phone and its call's room, whatever carries it.

This is the seam at which the media's carrier is swapped whole. Who stands there today lives in one
room, `controlplane/bridge`; no story imports that room, only who wires the parts does.
"""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol

from controlplane.core.liveness import MediaReading
from shared.call.call import Call
from shared.call.ids import CallId


@dataclass(frozen=True, slots=True, kw_only=True)
class RoomPlace:
    """Whose place a leg takes in the call's room, and whom it hears there."""

    token: str = field(repr=False)
    """LiveKit's, of the participant that the leg is."""
    hears: str
    """The agent's identity."""


class CallerLeg(Protocol):
    """One call's leg, at the carrier that holds it. Every step may run on another replica.

    All steps raise `BridgeRefused` or `BridgeUnreachable` when the carrier does not do it,
    `LegUnknown` (but for those that make it) when it has lost the leg, and those with a session
    description `BadSdp` when that cannot be used.

    Nothing reaches the phone before `open`: for WhatsApp the first packet is an answer. What the
    agent says until then is kept.
    """

    def check_offer(self, offer: str) -> None:
        """Raise if no leg can be made of WhatsApp's offer.

        Raises:
            BadSdp: the text says why.
        """

    async def offer(self, place: RoomPlace) -> str:
        """Make the leg of a call that we place; return the offer for Graph's `connect`.

        It comes into the room with the answer. `release` is owed from here on, even if this fails.
        """

    async def take_answer(self, answer: str) -> None:
        """Take WhatsApp's answer to `offer`. Harmless when repeated."""

    async def take_offer(self, place: RoomPlace, offer: str) -> str:
        """Make the leg of a call that comes in, of WhatsApp's offer; return the answer for Meta.

        `release` is owed from here on, even if this fails.
        """

    async def wait_until_joined(self) -> str:
        """Wait, within a bound, until the room has the leg; return its participant's id there."""

    async def wait_until_connected(self, within_s: float) -> bool:
        """Wait until phone and leg have reached each other; `False` if they have not in time."""

    async def open(self) -> None:
        """Let the phone hear the agent, once it can. Harmless when repeated."""

    async def read(self) -> MediaReading:
        """Read how the phone's side does."""

    async def release(self) -> bool:
        """End the leg; return whether it was still there.

        Harmless when repeated. Meta is not told.
        """


class LegFleet(Protocol):
    """All carriers that there are."""

    async def choose(self) -> str:
        """Return the address of the carrier for a new call, as the call's row keeps it.

        Raises:
            NoBridge: none is configured, well, and has room.
        """

    def leg_of(self, call: Call) -> CallerLeg:
        """Return the call's leg, at the carrier that its row names.

        Raises:
            NoBridge: the row names none.
        """

    async def holds(self, address: str) -> frozenset[CallId]:
        """Say of which calls a carrier has the caller's leg; none if it runs no more.

        Raises:
            BridgeUnreachable: it does not tell, and may run all the same.
            BridgeRefused: the same.
        """


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyPressed:
    """The phone's user has pressed a key and let go, as the carrier tells every replica."""

    id: str
    """A UUID, the same wherever this press is told."""
    call_id: CallId
    key: str
    """One of `room.KEYS`."""
    duration_ms: int
    at: datetime
    """By the carrier's clock."""


class LegListener(Protocol):
    """Is told what happens to callers' legs, as every replica is. Nothing here may wait or raise.

    What happened while a replica did not listen it is told later, or not at all, or twice.
    """

    def key_pressed(self, key: KeyPressed) -> None:
        """Learn of a key."""

    def phone_heard(self, call_id: CallId) -> None:
        """Learn that the phone's first packet has come."""

    def phone_lost(self, call_id: CallId) -> None:
        """Learn that nothing comes from the phone's side any more."""

    def leg_ended(self, call_id: CallId) -> None:
        """Learn that a leg is no more, for whatever reason."""

    def carrier_lost(self, address: str) -> None:
        """Learn that a carrier has died, and all its legs with it."""
