"""What the stories need of a media hop, whatever it is: the seam at which it is swapped whole.

A hop stands between WhatsApp's media and LiveKit's. Who stands there today lives in one room,
`controlplane/rtpengine`; no story imports that room, only who wires the parts does.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from controlplane.core.liveness import MediaReading
from shared.call.call import Call
from shared.call.ids import CallId


class Passage(Protocol):
    """One call's way through the hop that holds it. Every step may run on another replica.

    All steps raise `HopRefused` or `HopUnreachable` when the hop does not do it, and those with a
    session description `BadSdp` when that cannot be used.
    """

    async def offer(self) -> str:
        """Take a call that we place; return the offer for Graph's `connect`.

        `release` is owed from here on, even if this fails.
        """

    async def bridge(self, whatsapp_answer: str) -> str:
        """Take WhatsApp's answer; return the offer for LiveKit's WHIP endpoint.

        Raises:
            HopCallUnknown: the hop has lost the call.
        """

    async def complete(self, livekit_answer: str) -> None:
        """Take LiveKit's answer; audio flows as soon as ICE and DTLS are up.

        Raises:
            HopCallUnknown: the hop has lost the call.
        """

    async def take_offer(self, whatsapp_offer: str) -> str:
        """Take a call that comes in; return the offer for LiveKit's WHIP endpoint.

        `release` is owed from here on, even if this fails.
        """

    async def make_answer(self, livekit_answer: str, whatsapp_offer: str) -> str:
        """Take LiveKit's answer; return the answer for Meta.

        Raises:
            HopCallUnknown: the hop has lost the call.
        """

    async def read(self) -> MediaReading:
        """Read what has come from the phone up to now.

        Raises:
            HopCallUnknown: the hop has lost the call.
        """

    async def release(self) -> bool:
        """Free what the hop holds of the call; return whether it still had it.

        Harmless when repeated. Neither far side is told.
        """


class HopFleet(Protocol):
    """All hops that there are."""

    async def choose(self) -> str:
        """Return the address of the hop for a new call, as the call's row keeps it.

        Raises:
            NoHop: none is configured, or none is well.
        """

    def passage_of(self, call: Call) -> Passage:
        """Return the call's way through the hop that its row names.

        Raises:
            NoHop: the row names none.
        """


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyPressed:
    """The phone's user has pressed a key and let go, as the hop reports it."""

    call_id: CallId
    key: str
    """One of `room.KEYS`."""
    duration_ms: int
    at: datetime
