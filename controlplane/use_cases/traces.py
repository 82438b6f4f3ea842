"""What a process that died in the set-up of an inbound call has left: gone on with, or cleared.

Only the row, LiveKit and Meta can tell how far it had come. The agent, once it is in the room,
stays there and waits.
"""

import contextlib
from datetime import datetime

from controlplane.meta.graph_errors import GraphUnreachable
from controlplane.use_cases.neighbours import Neighbours
from controlplane.use_cases.setup import CallSetup
from shared.bridge.errors import BridgeGone, BridgeUnreachable, LegUnknown
from shared.call.call import LIVE_STATUSES, Call


class SetupTraces:
    """Reads the traces of a set-up that was taken over."""

    def __init__(self, near: Neighbours, *, setup: CallSetup) -> None:
        """Take the neighbours, and who writes to a row that is being set up."""
        self._rooms = near.rooms
        self._lines = near.lines
        self._legs = near.legs
        self._setup = setup
        self._clock = near.clock

    async def go_on(self, call: Call) -> datetime | None:
        """Have the call answered with what was ready for it; say when it was.

        `None` if the phone's media does not reach the room: then Meta has hardly been given our
        answer, and the leg in the room is dead. Its checks ran out after two seconds, and Meta's
        side, being ICE-lite, sends none (RFC 8445, section 2.5).

        Raises:
            GraphError: Meta does not let the call be answered (any more).
        """
        if call.wacid is None or call.accept_sent_at is None or call.answer_sdp is None:
            return None
        if not await self._leg_stands(call):
            return None
        try:
            # whether the first one left, only Meta knows
            graph = self._lines.graph_of(call.phone_number_id)
            is_new = await graph.accept(call.wacid, call.answer_sdp, may_be_repeated=True)
        except GraphUnreachable:
            # the media tells
            is_new = False
        return self._clock() if is_new else call.accept_sent_at

    async def clear(self, call: Call, *, bridge: str | None) -> Call:
        """Make way for a second try: what happens to the old leg is not the call's end.

        The new leg takes the old one's place in the room, perhaps on another `bridge`: the old one
        may have died with the process.
        """
        cleared = await self._setup.advance(
            call, LIVE_STATUSES, caller_sid=None, answer_sdp=None, bridge=bridge
        )
        if call.bridge is not None:
            # one that cannot be reached loses it to the new leg, which has its name in the room
            with contextlib.suppress(BridgeUnreachable):
                await self._legs.leg_of(call).release()
        return cleared

    async def _leg_stands(self, call: Call) -> bool:
        """Whether the answer that Meta may have is that of a leg that lives."""
        if call.bridge is not None:
            try:
                return not (await self._legs.leg_of(call).read()).is_lost
            except (LegUnknown, BridgeGone):
                return False
        who = await self._rooms.presence(call.room)
        return who is not None and who.caller_publishes and who.caller_sid == call.caller_sid

    async def has_room(self, call: Call) -> bool:
        """Whether the room is there, and the agent was dispatched into it."""
        return await self._rooms.presence(call.room) is not None
