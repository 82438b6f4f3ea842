"""One call's steps through the hop that holds it: which NG messages in which order.

Which hop that is, `hops` knows; this file knows nothing of other hops and other calls.

For a placed call WhatsApp's leg comes first, because rtpengine is the controlling ICE side only on
the leg that was offered first, and Meta's lite side cannot settle a conflict of roles; and because
only WhatsApp's answer tells the SSRC that LiveKit's offer must declare.

    offer(...)          -> the offer for Graph `connect`
    bridge(...)         -> the offer for WHIP, from WhatsApp's answer
    complete(...)       <- LiveKit's answer; audio flows

Nothing is kept here: tags are constants, and the rest is in the call's row. So each step may run
on another replica.
"""

from dataclasses import dataclass

from controlplane.core.liveness import MediaReading
from controlplane.rtpengine.client import NgClient
from controlplane.rtpengine.descriptions import (
    SYNTHETIC_OFFER,
    answer_for_meta,
    offer_for_livekit,
    offer_for_meta,
    slim,
    source_of,
    with_keys,
)
from controlplane.rtpengine.query import read_query
from controlplane.rtpengine.tags import LIVEKIT_TAG, WHATSAPP_TAG
from shared.call.ids import CallId


@dataclass(frozen=True, slots=True, kw_only=True)
class HopInterfaces:
    """Names of rtpengine's --interface for the two sides, for a hop in two networks."""

    livekit: str
    whatsapp: str


class NgPassage:
    """The steps of one call through one rtpengine."""

    def __init__(
        self, client: NgClient, call_id: CallId, *, interfaces: HopInterfaces | None = None
    ) -> None:
        """Take the instance that the call's row names."""
        self._ng = client
        self._call_id = call_id
        self._interfaces = interfaces

    # --- a call that we place ---

    async def offer(self) -> str:
        """Open the hop's two sides; return the offer for Graph's `connect`.

        `release` is owed from here on, even if this fails: a refused offer leaves a call behind.

        Raises:
            HopRefused, HopUnreachable: the hop does not take the call.
            BadSdp: the hop's offer cannot be used.
        """
        names = self._interfaces
        offer = await self._ng.offer(
            self._call_id,
            SYNTHETIC_OFFER,
            from_tag=LIVEKIT_TAG,
            direction=None if names is None else (names.livekit, names.whatsapp),
        )
        return offer_for_meta(offer)

    async def bridge(self, whatsapp_answer: str) -> str:
        """Take WhatsApp's answer; return the offer for LiveKit's WHIP endpoint.

        The two messages follow each other at once: in between the phone's audio, once decrypted,
        would go to the synthetic address. ICE and DTLS take over 100 ms, this takes 2.

        Raises:
            BadSdp: WhatsApp's answer cannot be used.
            HopCallUnknown: the hop has lost the call.
            HopRefused, HopUnreachable: the hop does not take it.
        """
        what = "WhatsApp's answer"
        ssrc = source_of(whatsapp_answer, what=what)
        slimmed = slim(whatsapp_answer, what=what)
        await self._ng.answer(
            self._call_id, slimmed, from_tag=LIVEKIT_TAG, to_tag=WHATSAPP_TAG, is_webrtc=False
        )
        offer = await self._ng.offer(
            self._call_id, slimmed, from_tag=WHATSAPP_TAG, to_tag=LIVEKIT_TAG
        )
        return offer_for_livekit(offer, ssrc=ssrc)

    async def complete(self, livekit_answer: str) -> None:
        """Take LiveKit's answer; audio flows as soon as ICE and DTLS are up.

        Raises:
            BadSdp: LiveKit's answer cannot be used.
            HopCallUnknown: the hop has lost the call.
            HopRefused, HopUnreachable: the hop does not take it.
        """
        await self._ng.answer(
            self._call_id,
            slim(livekit_answer, what="LiveKit's answer"),
            from_tag=WHATSAPP_TAG,
            to_tag=LIVEKIT_TAG,
        )

    # --- a call that comes in ---

    async def take_offer(self, whatsapp_offer: str) -> str:
        """Take Meta's offer; return the offer for LiveKit's WHIP endpoint.

        From here on `release` is owed.

        Raises:
            BadSdp: Meta's offer cannot be used.
            HopRefused, HopUnreachable: the hop does not take the call.
        """
        what = "The offer"
        ssrc = source_of(whatsapp_offer, what=what)
        names = self._interfaces
        offer = await self._ng.offer(
            self._call_id,
            slim(whatsapp_offer, what=what, is_answer=False),
            from_tag=WHATSAPP_TAG,
            direction=None if names is None else (names.whatsapp, names.livekit),
        )
        return offer_for_livekit(offer, ssrc=ssrc)

    async def make_answer(self, livekit_answer: str, whatsapp_offer: str) -> str:
        """Take LiveKit's answer; return the answer for Meta.

        Raises:
            BadSdp: LiveKit's answer cannot be used.
            HopCallUnknown: the hop has lost the call.
            HopRefused, HopUnreachable: the hop does not take it.
        """
        what = "LiveKit's answer"
        offer = slim(whatsapp_offer, what="The offer", is_answer=False)
        answer = await self._ng.answer(
            self._call_id,
            with_keys(slim(livekit_answer, what=what), offer),
            from_tag=WHATSAPP_TAG,
            to_tag=LIVEKIT_TAG,
        )
        return answer_for_meta(answer, whatsapp_offer, ssrc=source_of(livekit_answer, what=what))

    # --- every call ---

    async def read(self) -> MediaReading:
        """Read what has come from the phone up to now.

        Raises:
            HopCallUnknown: the hop has lost the call.
            HopRefused, HopUnreachable: it does not tell, as before WhatsApp's answer.
        """
        return read_query(await self._ng.query(self._call_id))

    async def release(self) -> bool:
        """Free the call's ports; return whether the hop still had it. Harmless when repeated.

        Neither far side is told: hang up on Graph, and delete room or WHIP resource, as well.

        Raises:
            HopRefused, HopUnreachable: the hop did not do it.
        """
        return await self._ng.delete(self._call_id)
