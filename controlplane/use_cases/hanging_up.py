"""Meta says that a call is over: the story of an end that somebody else decided.

known      its row ends, a set-up that still runs is stopped, what the call held is freed
ended      an end that we had guessed is corrected, once, by what Meta tells
unknown    an ended row is written: a `connect` that comes later finds the call taken
"""

import uuid
from collections.abc import Awaitable, Callable

from controlplane.meta.events import PeerHungUp
from controlplane.meta.hangups import (
    hangup_note,
    hangup_reason,
    hangup_time,
    pick_up_time,
    precedes,
)
from controlplane.use_cases.ending import CallEnder
from controlplane.use_cases.linking import CallLinker, may_tell_of
from controlplane.use_cases.neighbours import Neighbours
from shared.call.call import Call, CallStatus, Direction, Termination
from shared.call.ids import CallId, PhoneNumberId, WhatsAppCallId
from shared.call.records import EventOutcome, EventRecord, EventSource, Settled
from shared.process.of_call import work_for

StopSetup = Callable[[WhatsAppCallId], Awaitable[None]]
"""Stops the set-up of a call, should it run in this process."""


class PeerHangup:
    """Takes Meta's `terminate`. Holds nothing of a call."""

    def __init__(
        self,
        near: Neighbours,
        *,
        linker: CallLinker,
        ender: CallEnder,
    ) -> None:
        """Take who finds calls, and who ends them."""
        self._store = near.store
        self._linker = linker
        self._ender = ender
        self._lines = near.lines
        self._clock = near.clock

    async def handle(self, event: PeerHungUp, stop_setup: StopSetup) -> Settled:
        """End the call that Meta says is over; say what became of the event, and of which call."""
        call = await self._linker.locate(event)
        if call is None:
            line = self._lines.number_of(event.phone_number_id)
            if line is None:
                return Settled(EventOutcome.UNKNOWN)
            tombstone = self._tombstone(event, line)
            if await self._store.claim_call(tombstone) is not None:
                work_for(tombstone.id)
                await self._note(event, tombstone)
                return Settled(EventOutcome.HANDLED, tombstone.id)
            # its `connect` was being claimed just now
            call = await self._store.find_call(event.wacid)
            if call is None:
                return Settled(EventOutcome.FAILED, tombstone.id)
            if not may_tell_of(event, call):
                return Settled(EventOutcome.IGNORED)
        now = self._clock()
        answered_at = call.answered_at or pick_up_time(event, now)
        ended_at = hangup_time(event, now, answered_at=answered_at)
        ended = await self._ender.end(
            call,
            hangup_reason(
                event,
                call.direction,
                answered=answered_at is not None,
                talked_s=(ended_at - (answered_at or ended_at)).total_seconds(),
            ),
            by_peer=True,
            ended_at=ended_at,
            answered_at=answered_at,
        )
        if ended is None:
            corrected = await self._correct(event, call.id)
            return Settled(EventOutcome.HANDLED if corrected else EventOutcome.DUPLICATE, call.id)
        await stop_setup(event.wacid)
        self._ender.release(ended)
        await self._note(event, ended)
        return Settled(EventOutcome.HANDLED, call.id)

    async def _note(self, event: PeerHungUp, ended: Call) -> None:
        """Write Meta's error on the timeline: of a call that was talked on, a mere note."""
        note = hangup_note(event)
        if note is not None:
            kind = "note" if ended.status is CallStatus.COMPLETED else "error"
            record = EventRecord.note(
                EventSource.CONTROLPLANE, kind, self._clock(), note, call_id=ended.id
            )
            await self._store.add_events([record])

    async def _correct(self, event: PeerHungUp, call_id: CallId) -> bool:
        """Let what Meta tells take the place of an end that we had to guess meanwhile."""
        call = await self._store.get_call(call_id)
        if call is None or call.ended_at is None or not precedes(event, call.ended_at):
            return False
        answered_at = call.answered_at or pick_up_time(event, call.ended_at)
        return await self._ender.correct(
            call,
            hangup_reason(event, call.direction, answered=answered_at is not None),
            ended_at=hangup_time(event, call.ended_at, answered_at=answered_at),
            answered_at=answered_at,
        )

    def _tombstone(self, event: PeerHungUp, line: PhoneNumberId) -> Call:
        """An ended row for a call that we never saw begin."""
        now = self._clock()
        answered_at = pick_up_time(event, now)
        ended_at = hangup_time(event, now, answered_at=answered_at)
        direction = event.direction or Direction.INBOUND
        reason = hangup_reason(event, direction, answered=answered_at is not None)
        return Call(
            id=CallId(str(uuid.uuid4())),
            wacid=event.wacid,
            direction=direction,
            status=Termination.of(reason, answered=answered_at is not None).status,
            phone_number_id=line,
            party=event.party,
            created_at=min(now, answered_at or ended_at),
            answered_at=answered_at,
            ended_at=ended_at,
            end_reason=reason,
            ended_by_peer=True,
            released_at=now,
        )
