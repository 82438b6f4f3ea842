"""What LiveKit says of a call's room: the phone's media came up, somebody left, it is gone.

Told by LiveKit's webhooks, and found by the sweeper's own look should one of them get lost.
"""

import logging

from controlplane.core.answered import is_answered, is_forgotten
from controlplane.livekit.events import RoomEvent, RoomEventKind
from controlplane.livekit.rooms import Presence
from controlplane.use_cases.activation import Activation
from controlplane.use_cases.ending import CallEnder, Overtaken
from controlplane.use_cases.neighbours import Neighbours
from shared.bridge.errors import BridgeGone, LegUnknown
from shared.call.call import LIVE_STATUSES, Call, CallStatus, EndReason
from shared.call.records import EventOutcome, EventRecord, EventSource
from shared.call.room import AGENT_IDENTITY, CALLER_IDENTITY
from shared.process.of_call import working_for

_log = logging.getLogger(__name__)


class RoomWatch:
    """Draws the consequences for the call's row."""

    def __init__(self, near: Neighbours, *, ender: CallEnder, activation: Activation) -> None:
        """Take the neighbours, who ends calls, and who makes them active."""
        self._store = near.store
        self._rooms = near.rooms
        self._legs = near.legs
        self._ender = ender
        self._activation = activation
        self._clock = near.clock

    async def handle(self, event: RoomEvent) -> None:
        """Write the event on the call's timeline and act on it."""
        with working_for(event.call_id):
            await self._handle(event)

    async def _handle(self, event: RoomEvent) -> None:
        call = await self._store.get_call(event.call_id)
        if call is None:
            return
        await self._store.add_events([self._record(event)])
        if call.status.is_final:
            return
        if event.kind is RoomEventKind.TRACK_PUBLISHED and self._is_caller(event, call):
            # a leg that is carried for us is there before the phone is: its first packet counts
            if call.bridge is None:
                await self.media_up(call)
            return
        reason = self._reason_to_end(event, call)
        if reason is not None:
            await self._ender.finish(call, reason)
        elif event.is_agent and event.kind is RoomEventKind.PARTICIPANT_LEFT:
            # one that is not called `agent`
            await self.compare(call)

    async def compare(self, call: Call) -> None:
        """Compare a live call with what LiveKit has, as if its webhooks had been lost.

        Before it is answered the set-up itself looks, and its deadline holds; unless whoever set
        it up has gone behind `accept`.
        """
        if is_forgotten(call, self._clock()):
            await self.rescue(call)
        if call.status is not CallStatus.ACTIVE:
            return
        who = await self._rooms.presence(call.room)
        reason = reason_by_presence(call, who)
        if reason is not None:
            # a webhook may have ended it since the row was read; then this is no end at all
            await self._ender.finish_by_id(call.id, reason)
        elif call.bridge is None and who is not None and who.caller_publishes:
            await self.media_up(call)

    async def rescue(self, call: Call) -> bool:
        """Look whether a call stands that its row calls unanswered or without media.

        Then the row is told so and the agent speaks; `False` if the call does not stand.

        Raises:
            RoomRefused: LiveKit does not tell.
            BridgeRefused, BridgeUnreachable: the bridge does not.
        """
        flows = await self._flows(call)
        if not flows:
            return False
        if call.status is CallStatus.ACTIVE:
            await self.media_up(call)
            return True
        if not is_answered(call, media_flows=flows):
            return False
        await self._store.update_call(
            call.id, expect=LIVE_STATUSES, media_at=call.media_at or self._clock()
        )
        return await self._promote(call)

    async def _flows(self, call: Call) -> bool:
        """Whether the phone's media comes in."""
        if call.bridge is not None:
            try:
                reading = await self._legs.leg_of(call).read()
            except (LegUnknown, BridgeGone):
                return False
            return reading.packets > 0 and not reading.is_lost
        who = await self._rooms.presence(call.room)
        return (
            who is not None
            and who.caller_publishes
            and (call.caller_sid is None or who.caller_sid == call.caller_sid)
        )

    async def _promote(self, call: Call) -> bool:
        answered_at = call.accept_sent_at or self._clock()
        try:
            await self._activation.activate(call, answered_at)
        except Overtaken:
            return False
        _log.warning(
            "A call was answered without its row saying so; its media told.",
            extra={"action": "answer-found", "call": call.id},
        )
        return True

    async def media_up(self, call: Call) -> None:
        """Note that the phone's media comes in."""
        if call.media_at is not None:
            return
        row = await self._store.update_call(call.id, expect=LIVE_STATUSES, media_at=self._clock())
        _log.info("The phone's media path stands.", extra={"action": "media-up", "call": call.id})
        if row is not None and is_forgotten(row, self._clock()):
            await self._promote(row)

    def _reason_to_end(self, event: RoomEvent, call: Call) -> EndReason | None:
        if event.kind is RoomEventKind.ROOM_FINISHED:
            return call.end_requested or EndReason.ROOM_LOST
        if event.kind not in (RoomEventKind.PARTICIPANT_LEFT, RoomEventKind.CONNECTION_ABORTED):
            return None
        if event.identity == AGENT_IDENTITY:
            return call.end_requested or EndReason.AGENT_LOST
        if not self._is_caller(event, call) or call.caller_sid is None:
            # before the leg is accepted, its coming and going is the set-up's business
            return None
        if event.disconnect_reason in ("PARTICIPANT_REMOVED", "ROOM_DELETED"):
            return EndReason.OPERATOR_HANGUP
        return EndReason.MEDIA_LOST if call.media_at is not None else EndReason.MEDIA_TIMEOUT

    def _is_caller(self, event: RoomEvent, call: Call) -> bool:
        if event.identity != CALLER_IDENTITY:
            return False
        return call.caller_sid is None or call.caller_sid == event.participant_sid

    def _record(self, event: RoomEvent) -> EventRecord:
        payload = {
            "identity": event.identity,
            "participant_sid": event.participant_sid,
            "disconnect_reason": event.disconnect_reason,
        }
        return EventRecord.note(
            EventSource.LIVEKIT,
            event.kind.value,
            self._clock(),
            {key: value for key, value in payload.items() if value},
            call_id=event.call_id,
            outcome=EventOutcome.HANDLED,
        )


def reason_by_presence(call: Call, who: Presence | None) -> EndReason | None:
    """Judge an answered call by who is in its room; `None` while caller and agent are there."""
    if who is None:
        return call.end_requested or EndReason.ROOM_LOST
    if not who.agent_joined:
        return call.end_requested or EndReason.AGENT_LOST
    if call.caller_sid is None and (call.media_at is None or call.bridge is not None):
        # ACCEPTED may come before the leg of a placed call is built; the deadline holds for it. On
        # a bridge the phone may be heard while the leg is still on its way into the room
        return None
    if who.caller_sid is None or (call.caller_sid and who.caller_sid != call.caller_sid):
        return EndReason.MEDIA_LOST if call.media_at is not None else EndReason.MEDIA_TIMEOUT
    return None
