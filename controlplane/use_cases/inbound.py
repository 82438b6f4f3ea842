"""Answer a call: the story of one user-initiated call, top to bottom."""

import asyncio
import contextlib
import dataclasses
import logging
import uuid
from collections.abc import Awaitable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TypeVar, Unpack

from controlplane.core.deadlines import Bounds, deadline_of
from controlplane.core.errors import GraphError
from controlplane.core.lifecycle import CallEvent, step
from controlplane.meta.events import OfferReceived
from controlplane.use_cases.activation import Activation
from controlplane.use_cases.admission import Admission, Place, was_refused
from controlplane.use_cases.caller_legs import CallerLegs, LegMade, LegPolicy
from controlplane.use_cases.ending import CallEnder, Overtaken, TakenOver
from controlplane.use_cases.leases import SetupLeases
from controlplane.use_cases.neighbours import Neighbours
from controlplane.use_cases.patience import until_stored
from controlplane.use_cases.setup import CallSetup, Stopwatch
from controlplane.use_cases.traces import SetupTraces
from shared.call.brief import CallBrief
from shared.call.call import Call, CallStatus, Direction, EndReason
from shared.call.changes import CallChanges
from shared.call.errors import StoreUnavailable, WacallError
from shared.call.ids import CallId, PhoneNumberId, WhatsAppCallId
from shared.call.records import EventOutcome, Settled
from shared.process.of_call import work_for
from shared.process.tasks import Tasks

_log = logging.getLogger(__name__)

# Meta gives up an unanswered call after 30 to 60 s (user-initiated calls); half as long again.
_RINGS_AT_MOST = timedelta(seconds=90)

_A = TypeVar("_A")
_B = TypeVar("_B")


@dataclass(frozen=True, slots=True, kw_only=True)
class AnswerPolicy:
    """The settings that this story follows; times in seconds."""

    pre_accept: bool
    legs: LegPolicy
    agent_ready_s: float
    stale_offer_s: float
    bounds: Bounds


class CallAnswerer:
    """Answers inbound calls. Holds nothing of a call but the task that sets it up."""

    def __init__(
        self,
        near: Neighbours,
        *,
        admission: Admission,
        ender: CallEnder,
        setup: CallSetup,
        leases: SetupLeases,
        activation: Activation,
        policy: AnswerPolicy,
        tasks: Tasks,
    ) -> None:
        """Take the neighbours, what all set-ups share, the policy, and what ends with us."""
        self._tasks = tasks
        self._store = near.store
        self._rooms = near.rooms
        self._lines = near.lines
        self._caller_legs = CallerLegs(near, policy=policy.legs)
        self._admission = admission
        self._ender = ender
        self._setup = setup
        self._leases = leases
        self._activation = activation
        self._traces = SetupTraces(near, setup=setup)
        self._metrics = near.metrics
        self._policy = policy
        self._clock = near.clock
        self._meta_clock = near.meta_clock

    async def answer(self, offer: OfferReceived, received: float) -> Settled:
        """Claim the call and answer it; say what became of the offer, and of which call it was.

        `received` is the monotonic time at which the webhook reached us.
        """
        line = self._lines.number_of(offer.phone_number_id)
        if line is None:
            # of which number it is, nothing tells; so nothing tells whose token may answer it
            return Settled(EventOutcome.UNKNOWN)
        if await self._is_stale(offer, line):
            return await self._refuse_stale(offer, line, self._clock())
        now = self._clock()
        call = self._new_call(offer, line, now, bridge=await self._caller_legs.choose())
        async with self._admission.place(received) as place:
            claimed = await self._claim(call, offer, place)
            if claimed is None:
                return await self._not_ours(offer, call)
            work_for(claimed.id)
            if was_refused(claimed):
                return Settled(EventOutcome.HANDLED, claimed.id)
            self._metrics.call_started(Direction.INBOUND)
            watch = place.watch = Stopwatch(
                claimed.direction, self._metrics, begins_with="received", began=received
            )
            watch.done("claimed")
            return await self._carry_out(claimed, offer, watch)

    async def resume(self, call: Call, offer: OfferReceived) -> Settled:
        """Go on with a set-up that was just taken over, from wherever its row says that it is."""
        watch = Stopwatch(call.direction, self._metrics, begins_with="taken-over")
        return await self._carry_out(call, offer, watch)

    async def _claim(self, call: Call, offer: OfferReceived, place: Place) -> Call | None:
        """Insert the row, as long as the offer is of use; then nobody is left ringing for it.

        Raises:
            StoreUnavailable: the database was away all the time; Meta was told `reject`.
        """

        async def claim() -> Call | None:
            # what is left of the set-up's time counts from when the row is there
            return await self._admission.claim(self._held(call, self._clock()), place)

        age = call.created_at - (offer.timestamp or call.created_at)
        useful_s = self._policy.stale_offer_s - max(0.0, age.total_seconds())
        try:
            return await until_stored(claim, within_s=useful_s)
        except StoreUnavailable:
            await self._ender.decline(call)
            raise

    async def _carry_out(self, call: Call, offer: OfferReceived, watch: Stopwatch) -> Settled:
        """Set the call up, holding its lease, until it is answered or has failed."""
        left_s = self._policy.bounds.setup_s
        if call.setup_takes:
            left_s = (deadline_of(call, self._policy.bounds) - self._clock()).total_seconds()
        try:
            async with self._leases.hold(call):
                async with asyncio.timeout(max(0.0, left_s)):
                    call, answered_at = await self._set_up(call, offer, watch)
                # it is answered at Meta: from here on no time limit may cut it
                await self._activate(call, offer.wacid, answered_at, watch)
        except TakenOver:
            _log.warning(
                "Another process goes on with the set-up of a call.",
                extra={"action": "setup-lost", "call": call.id, "after": watch.last},
            )
        except Overtaken:
            await self._tasks.to_its_end(self._ender.close_media(call))
        except asyncio.CancelledError:
            # the end of this call is being recorded by whoever cancelled us
            await self._tasks.to_its_end(self._ender.close_media(call))
            raise
        except Exception as error:
            await self._setup.fail(call, watch, error)
            return Settled(EventOutcome.FAILED, call.id)
        return Settled(EventOutcome.HANDLED, call.id)

    async def _set_up(
        self, call: Call, offer: OfferReceived, watch: Stopwatch
    ) -> tuple[Call, datetime]:
        """Do all up to `accept`; return the row, and when the call was answered."""
        if call.setup_takes:
            answered_at = await self._setup.unless_over(call, self._traces.go_on(call))
            if answered_at is not None:
                watch.done("accept")
                return call, answered_at
            call = await self._traces.clear(call, bridge=await self._caller_legs.choose())
        may_need_terminate = call.accept_sent_at
        graph = self._lines.graph_of(call.phone_number_id)
        self._setup.take_note(call, "offer", offer.sdp)
        self._caller_legs.check(call, offer.sdp)
        await self._make_room(call)
        watch.done("room")
        agent = await self._rooms.wait_for_agent(
            call.room, self._policy.agent_ready_s, whoever=self._policy.legs.via_bridge
        )
        if agent is None:
            raise await self._setup.why_agent_left(call)
        watch.done("agent")
        made, call = await self._open_leg(call, offer.sdp, agent)
        watch.done("leg" if self._policy.legs.via_bridge else "whip")
        # From the moment `accept` may have left us, the end needs `terminate`; so the row must
        # say so before. That write hides behind pre_accept.
        sending = self._note_leg(call, made)
        if self._policy.pre_accept:
            try:
                preparing = graph.pre_accept(offer.wacid, made.answer)
                _, call = await _both(self._setup.unless_over(call, preparing), sending)
            except WacallError:
                await self._write(call, accept_sent_at=may_need_terminate, answer_sdp=None)
                raise
            watch.done("pre_accept")
            if await self._caller_legs.is_heard(call):
                watch.done("media")
        else:
            call = await sending
        await self._setup.unless_over(call, graph.accept(offer.wacid, made.answer))
        watch.done("accept")
        self._tasks.spawn(self._setup.describe(call, "answer", made.answer))
        return call, self._clock()

    async def _make_room(self, call: Call) -> None:
        """Make the room, and dispatch the agent into it."""
        if call.setup_takes and await self._traces.has_room(call):
            return
        await self._rooms.create(
            call,
            CallBrief(
                call_id=call.id,
                direction=call.direction,
                phone_number_id=call.phone_number_id,
                profile=call.profile or self._lines.agent_of(call.phone_number_id).profile,
                ready_within_s=self._policy.agent_ready_s,
                origin=call.origin,
            ),
        )

    async def _open_leg(self, call: Call, offer: str, agent: str) -> tuple[LegMade, Call]:
        """Have the caller's leg made while the row moves on to `connecting`."""
        move = step(CallEvent.ANSWERING)
        # one that was taken over may be there already
        moving = self._setup.advance(call, {*move.expect, move.status}, status=move.status)
        return await _both(self._caller_legs.make(call, offer, agent), moving)

    async def _note_leg(self, call: Call, made: LegMade) -> Call:
        """Write what Meta is answered with, once the leg is in the room."""
        participant = await self._caller_legs.joined(call, made)
        return await self._write(
            call, accept_sent_at=self._clock(), caller_sid=participant, answer_sdp=made.answer
        )

    async def _activate(
        self, call: Call, wacid: WhatsAppCallId, answered_at: datetime, watch: Stopwatch
    ) -> None:
        """Let the agent speak and write that the call is answered, both at once."""
        try:
            await self._activation.activate(call, answered_at, timings=watch.timings)
        except Overtaken:
            # It ended while our `accept` was on its way: the other's `terminate` may have reached
            # Meta before it. Meta refuses a second one without harm.
            await self._lines.graph_of(call.phone_number_id).terminate(wacid)
            raise
        except StoreUnavailable:
            _log.error(
                "An answered call could not be written down; the sweeper finds it by its media.",
                extra={"action": "answer-unwritten", "call": call.id},
            )

    async def _write(self, call: Call, **changes: Unpack[CallChanges]) -> Call:
        """Write to the row of a call that is connecting, if it still is."""
        return await self._setup.advance(call, {CallStatus.CONNECTING}, **changes)

    def _held(self, call: Call, now: datetime) -> Call:
        """Say in a new row that its set-up is ours, and how long it may take from now."""
        return dataclasses.replace(
            call,
            created_at=now,
            deadline_at=now + timedelta(seconds=self._policy.bounds.setup_s),
            setup_owner=self._leases.owner,
            setup_until=self._leases.until(),
        )

    def _new_call(
        self,
        offer: OfferReceived,
        line: PhoneNumberId,
        now: datetime,
        *,
        bridge: str | None = None,
    ) -> Call:
        agent = self._lines.agent_of(line)
        return Call(
            id=CallId(str(uuid.uuid4())),
            wacid=offer.wacid,
            direction=Direction.INBOUND,
            status=CallStatus.RINGING,
            phone_number_id=line,
            party=offer.party,
            origin=offer.origin,
            profile=agent.profile,
            max_duration_s=agent.max_duration_s,
            created_at=now,
            bridge=bridge,
        )

    async def _is_stale(self, offer: OfferReceived, line: PhoneNumberId) -> bool:
        """Whether the offer is too old to be answered, by Meta's clock."""
        limit = timedelta(seconds=self._policy.stale_offer_s)
        if offer.timestamp is None or self._clock() - offer.timestamp <= limit:
            return False
        if not self._meta_clock.skew.is_known:
            # it may be our clock that is wrong: whatever Graph answers tells the time
            with contextlib.suppress(GraphError):
                await self._lines.graph_of(line).check_number()
        return self._clock() - offer.timestamp > limit

    async def _refuse_stale(
        self, offer: OfferReceived, line: PhoneNumberId, now: datetime
    ) -> Settled:
        """Keep a call that we learn of too late, as an ended row: it was missed, and is seen.

        Meta is told, unless the phone cannot ring any more.
        """
        age = now - (offer.timestamp or now)
        is_over = age > _RINGS_AT_MOST
        call = dataclasses.replace(
            self._new_call(offer, line, now),
            status=CallStatus.NO_ANSWER,
            end_reason=EndReason.STALE_OFFER,
            created_at=offer.timestamp or now,
            ended_at=now,
            released_at=now if is_over else None,
            ended_by_peer=is_over,
        )
        claimed = await self._store.claim_call(call)
        if claimed is None:
            return await self._not_ours(offer, call)
        work_for(claimed.id)
        _log.warning(
            "An offer came too late to be answered.",
            extra={
                "action": "offer-stale",
                "call": claimed.id,
                "age_s": round(age.total_seconds(), 1),
                "skew_s": round(self._meta_clock.skew.seconds, 1),
            },
        )
        if not is_over:
            self._ender.release(claimed)
        return Settled(EventOutcome.STALE, call.id)

    async def _not_ours(self, offer: OfferReceived, call: Call) -> Settled:
        """Say that somebody else has claimed the call, for an offer that came twice."""
        owner = await self._store.find_call(offer.wacid)
        return Settled(EventOutcome.DUPLICATE, owner.id if owner is not None else call.id)


async def _both(first: Awaitable[_A], second: Awaitable[_B]) -> tuple[_A, _B]:
    """Await two things at once; when one fails, the other is still seen to its end."""
    one, two = await asyncio.gather(first, second, return_exceptions=True)
    if isinstance(two, BaseException):
        # the second is the row: that the call has ended outweighs a failed request
        raise two
    if isinstance(one, BaseException):
        raise one
    return one, two
