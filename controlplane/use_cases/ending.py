"""End a call exactly once, in its row; what it held is released beside that (`releasing`)."""

import logging
from datetime import datetime

from controlplane.use_cases.neighbours import Neighbours
from controlplane.use_cases.releasing import Releaser
from shared.call.call import Call, CallStatus, EndReason, Termination
from shared.call.ids import CallId
from shared.call.room import ShownStatus

_log = logging.getLogger(__name__)


class Overtaken(Exception):
    """The call ended while it was being set up; whoever ended it has told Meta."""


class TakenOver(Overtaken):
    """Another process goes on with the set-up: room, leg and Meta's side are its business now."""


class CallEnder:
    """The one way in which calls end."""

    def __init__(self, near: Neighbours, *, releaser: Releaser) -> None:
        """Take the row's keeper, and who releases what a call held."""
        self._store = near.store
        self._releaser = releaser
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
        self._metrics.call_ended(call.direction, termination, ended)
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

    def release(self, ended: Call) -> None:
        """Begin to free what an ended call held; nobody waits for it."""
        self._releaser.begin(ended)

    async def correct(
        self, call: Call, reason: EndReason, *, ended_at: datetime, answered_at: datetime | None
    ) -> bool:
        """Put what Meta tells of an ended call in the place of what we had guessed.

        `False` if there was nothing to correct. It is no second end: nothing is counted.
        """
        answered_at = call.answered_at or answered_at
        termination = Termination.of(reason, answered=answered_at is not None)
        corrected = await self._store.correct_end(
            call.id, termination=termination, ended_at=ended_at, answered_at=answered_at
        )
        if corrected is None:
            return False
        _log.info(
            "Meta tells of an earlier end of the call than the one that was guessed.",
            extra={
                "action": "end-corrected",
                "call": call.id,
                "guessed": call.end_reason.value if call.end_reason is not None else "",
                "status": termination.status.value,
                "reason": reason.value,
                "duration_s": corrected.duration_s,
            },
        )
        return True

    async def decline(self, call: Call) -> None:
        """Stop the phone of somebody who calls from ringing, though the row cannot say so yet."""
        await self._releaser.decline(call)

    async def close_media(self, call: Call) -> bool:
        """Free the call's leg and room; `False` if one of them could not be told."""
        return await self._releaser.close_media(call)

    async def finish(self, call: Call, reason: EndReason) -> bool:
        """End the call and begin its release; `False` if it had already ended."""
        ended = await self.end(call, reason)
        if ended is None:
            return False
        self.release(ended)
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
