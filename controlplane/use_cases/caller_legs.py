"""The caller's leg of an inbound call: straight into LiveKit by WHIP, or on a media bridge."""

from dataclasses import dataclass, field

from controlplane.core.caller_leg import RoomPlace
from controlplane.core.errors import RoomRefused
from controlplane.sdp import direct as sdp
from controlplane.use_cases.ending import status_shown
from controlplane.use_cases.neighbours import Neighbours
from shared.bridge.errors import BridgeUnreachable, NoBridge
from shared.call.call import Call


@dataclass(frozen=True, slots=True, kw_only=True)
class LegPolicy:
    """The settings that a leg follows."""

    via_bridge: bool
    """Have it on a media bridge, instead of WhatsApp's straight into LiveKit."""
    rewrite_dtls_role: bool
    pick_up_wait_s: float
    """After pre_accept: how long `accept` waits for the phone's media path."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LegMade:
    """A leg that only Meta has to hear of."""

    answer: str = field(repr=False)
    """For Meta."""
    participant: str | None
    """Its id in the room; `None` while it is on its way there."""


class CallerLegs:
    """Makes them. Holds nothing of a call."""

    def __init__(self, near: Neighbours, *, policy: LegPolicy) -> None:
        """Take the neighbours and the policy."""
        self._rooms = near.rooms
        self._whip = near.whip
        self._legs = near.legs
        self._policy = policy

    async def choose(self) -> str | None:
        """Say for the row which bridge will have a call's leg, before that bridge hears of it."""
        if not self._policy.via_bridge:
            return None
        try:
            return await self._legs.choose()
        except NoBridge:
            # the set-up ends with it, once there is a row that says so
            return None

    def check(self, call: Call, offer: str) -> None:
        """Refuse an offer that cannot be used before anybody is kept waiting for it.

        Raises:
            BadSdp: the text says why.
            NoBridge: there was none for the call.
        """
        if self._policy.via_bridge:
            self._legs.leg_of(call).check_offer(offer)
        else:
            self._offer_for_livekit(offer)

    async def make(self, call: Call, offer: str, agent: str) -> LegMade:
        """Make the leg, which hears the agent of this identity."""
        token = self._rooms.caller_token(call, status=status_shown(call.status))
        if self._policy.via_bridge:
            place = RoomPlace(token=token, hears=agent)
            answer = await self._legs.leg_of(call).take_offer(place, offer)
            return LegMade(answer=answer, participant=None)
        leg = await self._whip.post(self._offer_for_livekit(offer), token)
        answer = sdp.answer_for_meta(
            leg.sdp, offer, rewrite_dtls_role=self._policy.rewrite_dtls_role
        )
        return LegMade(answer=answer, participant=leg.participant_sid)

    async def joined(self, call: Call, made: LegMade) -> str:
        """Wait until the leg is in the room; return its id there."""
        if made.participant is not None:
            return made.participant
        return await self._legs.leg_of(call).wait_until_joined()

    async def is_heard(self, call: Call) -> bool:
        """Wait until the phone would hear us: who picks up shall not begin with silence.

        Not for ever: Meta may build its path on `accept` alone, and the phone rings meanwhile.
        """
        within_s = self._policy.pick_up_wait_s
        if within_s <= 0 or call.caller_sid is None:
            return False
        try:
            if call.bridge is not None:
                return await self._legs.leg_of(call).wait_until_connected(within_s)
            return await self._rooms.wait_for_caller(call.room, call.caller_sid, within_s)
        except (RoomRefused, BridgeUnreachable):
            # nothing is known of the path; the agent is there, so answer
            return False

    def _offer_for_livekit(self, offer: str) -> str:
        return sdp.offer_for_livekit(offer, rewrite_dtls_role=self._policy.rewrite_dtls_role)
