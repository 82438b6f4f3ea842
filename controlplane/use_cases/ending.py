"""End a call exactly once, then release what it held: Meta's side first, then the room.

What has to be undone follows from the row (had `accept` been sent? does Meta know?), not from any
process's memory, so that any replica can finish what another one began.
"""

import logging
from datetime import datetime

from controlplane.use_cases.neighbours import Neighbours
from shared.call.call import Call, CallStatus, Direction, EndReason, Termination
from shared.call.errors import WacallError
from shared.call.ids import CallId
from shared.call.room import ShownStatus

_log = logging.getLogger(__name__)


class Overtaken(Exception):
    """The call ended while it was being set up; whoever ended it has told Meta."""


class CallEnder:
    """The one way in which calls end."""

    def __init__(self, near: Neighbours) -> None:
        """Take what a call may hold."""
        self._store = near.store
        self._graph = near.graph
        self._rooms = near.rooms
        self._hops = near.hops
        self._metrics = near.metrics
        self._clock = near.clock

    async def end(
        self,
        call: Call,
        reason: EndReason,
        *,
        by_peer: bool = False,
        ended_at: datetime | None = None,
        answered_at: datetime | None = None,
    ) -> Call | None:
        """End the call if it lives; return it as it ended, `None` if somebody was faster.

        The caller of this releases the call (`release`); should its process die in between, the
        sweeper does.
        """
        answered_at = call.answered_at or answered_at
        termination = Termination.of(reason, answered=answered_at is not None)
        ended = await self._store.end_call(
            call.id,
            termination=termination,
            ended_at=ended_at or self._clock(),
            answered_at=answered_at,
            by_peer=by_peer,
        )
        if ended is None:
            return None
        self._metrics.call_ended(call.direction, termination)
        _log.info(
            "Call ended.",
            extra={
                "action": "call-ended",
                "call": call.id,
                "status": termination.status.value,
                "reason": reason.value,
                "duration_s": ended.duration_s,
            },
        )
        return ended

    async def release(self, call: Call) -> bool:
        """Leave nothing behind at Meta and LiveKit; `False` if something has to be retried."""
        clean = True
        is_known_to_meta = call.wacid is not None and (
            call.direction is Direction.INBOUND or call.accept_sent_at is not None
        )
        if is_known_to_meta and call.wacid is not None and not call.ended_by_peer:
            # after `accept` has left us the call may stand, whatever we heard of it
            hang_up = self._graph.reject if call.accept_sent_at is None else self._graph.terminate
            try:
                await hang_up(call.wacid)
            except WacallError as error:
                clean = False
                _log.warning(
                    "Meta could not be told that the call ended; trying again.",
                    extra={"action": "release-graph", "call": call.id, "error": error.code},
                )
        clean = await self.close_media(call) and clean
        if clean:
            await self._store.mark_released(call.id, self._clock())
        return clean

    async def close_media(self, call: Call) -> bool:
        """Free the call's hop and room; `False` if one of them could not be told."""
        return all([await self._leave_hop(call), await self.close_room(call)])

    async def _leave_hop(self, call: Call) -> bool:
        if call.hop is None:
            return True
        try:
            await self._hops.passage_of(call).release()
        except WacallError as error:
            _log.warning(
                "The media hop could not be told that the call ended; trying again.",
                extra={"action": "release-hop", "call": call.id, "error": error.code},
            )
            return False
        return True

    async def close_room(self, call: Call) -> bool:
        """Delete the call's room; `False` if LiveKit could not be told."""
        try:
            if call.caller_sid is not None:
                await self._rooms.set_call_status(call.room, ShownStatus.HANGUP)
            await self._rooms.delete(call.room)
        except WacallError as error:
            _log.warning(
                "The room could not be deleted; trying again.",
                extra={"action": "release-room", "call": call.id, "error": error.code},
            )
            return False
        return True

    async def finish(self, call: Call, reason: EndReason) -> bool:
        """End and release in one go; `False` if the call had already ended."""
        ended = await self.end(call, reason)
        if ended is None:
            return False
        await self.release(ended)
        return True

    async def finish_by_id(self, call_id: CallId, reason: EndReason) -> bool:
        """Like `finish`, for whoever knows only the id."""
        call = await self._store.get_call(call_id)
        return call is not None and not call.status.is_final and await self.finish(call, reason)


def status_shown(status: CallStatus) -> ShownStatus:
    """Translate our status to what the room shows of it."""
    if status is CallStatus.CONNECTING:
        return ShownStatus.RINGING
    return ShownStatus.HANGUP if status.is_final else ShownStatus(status.value)
