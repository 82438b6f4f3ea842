"""What comes back of a call that we placed, at any replica: Meta's answer, and what the phone does.

    link       Meta's answer: the leg comes into the room; audio could flow
    follow     RINGING, ACCEPTED, REJECTED

They come in any order, twice, or not at all; what is needed to go on is in the call's row.
"""

import asyncio
import dataclasses
import logging
import uuid

from controlplane.core.deadlines import Bounds, deadline_of
from controlplane.core.lifecycle import CallEvent, step
from controlplane.meta.events import AnswerReceived, CallStatusChanged, PeerHungUp
from controlplane.meta.words import PeerStatus
from controlplane.use_cases.activation import Activation
from controlplane.use_cases.ending import CallEnder, Overtaken, TakenOver
from controlplane.use_cases.leases import SetupLeases
from controlplane.use_cases.neighbours import Neighbours
from controlplane.use_cases.permissions import Permissions
from controlplane.use_cases.setup import CallSetup, Stopwatch
from shared.call.call import LIVE_STATUSES, Call, CallStatus, Direction, EndReason
from shared.call.changes import Mark
from shared.call.ids import CallId
from shared.call.records import EventOutcome, Settled
from shared.process.of_call import work_for

_log = logging.getLogger(__name__)

# How long an event may be ahead of the answer to the very `connect` that it belongs to.
_ID_TRIES, _ID_PAUSE_S = 10, 0.3


class CallLinker:
    """Takes what Meta tells of placed calls. Holds nothing of a call."""

    def __init__(
        self,
        near: Neighbours,
        *,
        permissions: Permissions,
        ender: CallEnder,
        setup: CallSetup,
        leases: SetupLeases,
        activation: Activation,
        bounds: Bounds,
    ) -> None:
        """Take the neighbours."""
        self._store = near.store
        self._lines = near.lines
        self._legs = near.legs
        self._permissions = permissions
        self._ender = ender
        self._setup = setup
        self._leases = leases
        self._activation = activation
        self._metrics = near.metrics
        self._bounds = bounds
        self._clock = near.clock

    # --- link: Meta's answer ---

    async def link(self, event: AnswerReceived) -> Settled:
        """Build the media path with Meta's answer; the phone may be ringing, or not yet."""
        call = await self.locate(event)
        if call is None:
            return Settled(EventOutcome.IGNORED)
        if call.status.is_final:
            if not call.ended_by_peer:
                # it ended before anybody knew Meta's id of it
                await self._lines.graph_of(call.phone_number_id).terminate(event.wacid)
            return Settled(EventOutcome.STALE, call.id)
        linked = await self._store.mark_once(
            call.id,
            Mark.LINKED,
            self._clock(),
            setup_owner=self._leases.owner,
            setup_until=self._leases.until(),
        )
        if linked is None:
            return Settled(EventOutcome.DUPLICATE, call.id)
        return await self.resume(linked, event)

    async def resume(self, call: Call, event: AnswerReceived) -> Settled:
        """Build the media path of a call whose linking is ours, or was just taken over."""
        watch = Stopwatch(call.direction, self._metrics, begins_with="answered-by-meta")
        try:
            async with self._leases.hold(call), asyncio.timeout(self._bounds.setup_s):
                await self._join(call, event.sdp, watch)
        except TakenOver:
            _log.warning(
                "Another process goes on with the set-up of a call.",
                extra={"action": "setup-lost", "call": call.id, "after": watch.last},
            )
        except Overtaken:
            await self._ender.close_media(call)
        except Exception as error:
            await self._setup.fail(call, watch, error)
            return Settled(EventOutcome.FAILED, call.id)
        return Settled(EventOutcome.HANDLED, call.id)

    async def _join(self, call: Call, answer: str, watch: Stopwatch) -> None:
        self._setup.take_note(call, "answer", answer)
        leg = self._legs.leg_of(call)
        await leg.take_answer(answer)
        watch.done("answer-taken")
        participant = await leg.wait_until_joined()
        watch.done("linked")
        # An ACCEPTED that comes after this finds the leg in the row, and lets the agent be heard
        # itself; one that came before is seen in the row here.
        row = await self._setup.advance(
            call, LIVE_STATUSES, caller_sid=participant, setup_owner=None
        )
        if row.status is CallStatus.ACTIVE:
            await self._activation.let_speak(row)

    # --- follow: what the phone does ---

    async def follow(self, event: CallStatusChanged) -> Settled:
        """Take RINGING, ACCEPTED or REJECTED, in whatever order they come."""
        call = await self.locate(event)
        if call is None:
            return Settled(EventOutcome.IGNORED)
        match event.status:
            case PeerStatus.RINGING:
                ringing = step(CallEvent.RINGS)
                changed = await self._store.update_call(
                    call.id, expect=ringing.expect, status=ringing.status
                )
            case PeerStatus.ACCEPTED:
                changed = await self.accepted(call)
            case PeerStatus.REJECTED:
                changed = await self._rejected(call)
            case _:
                return Settled(EventOutcome.UNKNOWN, call.id)
        outcome = EventOutcome.HANDLED if changed else EventOutcome.DUPLICATE
        return Settled(outcome, call.id)

    async def accepted(self, call: Call) -> Call | None:
        """The person has picked up: let the agent speak; `None` if that was known or too late."""
        now = self._clock()
        answered = dataclasses.replace(call, answered_at=now)
        active = step(CallEvent.ACCEPTED)
        row = await self._store.update_call(
            call.id,
            expect=active.expect,
            status=active.status,
            answered_at=now,
            deadline_at=deadline_of(answered, self._bounds),
        )
        if row is not None:
            _log.info("Call answered.", extra={"action": "call-answered", "call": call.id})
            if row.caller_sid is not None:
                await self._activation.let_speak(row)
        return row

    async def _rejected(self, call: Call) -> Call | None:
        ended = await self._ender.end(call, EndReason.REJECTED, by_peer=True)
        if ended is not None:
            self._ender.release(ended)
            if ended.party.person is not None:
                await self._permissions.rejected(
                    ended.party.person, ended.id, line=ended.phone_number_id
                )
        return ended

    # --- whose event is this? ---

    async def locate(self, event: AnswerReceived | CallStatusChanged | PeerHungUp) -> Call | None:
        """Find the call of an event; from then on the running task works for that call."""
        call = await self._find(event)
        if call is not None:
            work_for(call.id)
        return call

    async def _find(self, event: AnswerReceived | CallStatusChanged | PeerHungUp) -> Call | None:
        """Find it by Meta's id, or by ours that it echoes: a webhook may come before the answer to
        `connect` has told Meta's id.
        """
        call = await self._store.find_call(event.wacid)
        if call is not None:
            return call if may_tell_of(event, call) else None
        try:
            call_id = CallId(str(uuid.UUID(event.opaque or "")))
        except ValueError:
            return await self._wait_for(event)
        call = await self._store.get_call(call_id)
        if call is None or call.direction is not Direction.OUTBOUND:
            return None
        if not may_tell_of(event, call):
            return None
        row = await self._store.update_call(call.id, expect=LIVE_STATUSES, wacid=event.wacid)
        return row or await self._store.get_call(call.id)

    async def _wait_for(
        self, event: AnswerReceived | CallStatusChanged | PeerHungUp
    ) -> Call | None:
        """Without an echo, only the answer to `connect` can tell whose event this is."""
        if isinstance(event, PeerHungUp) and event.direction is not Direction.OUTBOUND:
            return None
        for _ in range(_ID_TRIES):
            await asyncio.sleep(_ID_PAUSE_S)
            call = await self._store.find_call(event.wacid)
            if call is not None:
                return call if may_tell_of(event, call) else None
        return None


def may_tell_of(event: AnswerReceived | CallStatusChanged | PeerHungUp, call: Call) -> bool:
    """Whether an event is of the call's own line: others' apps have no say in it."""
    return event.phone_number_id in (None, call.phone_number_id)
