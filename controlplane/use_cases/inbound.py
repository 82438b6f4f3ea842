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
from controlplane.core.errors import GraphError, NoHop
from controlplane.core.lifecycle import CallEvent, step
from controlplane.livekit.whip import WhipAnswer
from controlplane.meta.events import OfferReceived
from controlplane.sdp import direct as sdp
from controlplane.use_cases.ending import CallEnder, Overtaken, status_shown
from controlplane.use_cases.neighbours import Neighbours
from controlplane.use_cases.setup import CallSetup, Stopwatch
from shared.call.brief import CallBrief
from shared.call.call import Call, CallStatus, Direction, EndReason
from shared.call.changes import CallChanges
from shared.call.errors import WacallError
from shared.call.ids import CallId, PhoneNumberId, WhatsAppCallId
from shared.call.records import EventOutcome, Settled
from shared.call.room import ShownStatus

_log = logging.getLogger(__name__)

# Meta gives up an unanswered call after 30 to 60 s (user-initiated calls); half as long again.
_RINGS_AT_MOST = timedelta(seconds=90)

_A = TypeVar("_A")
_B = TypeVar("_B")


@dataclass(frozen=True, slots=True, kw_only=True)
class AnswerPolicy:
    """The settings that this story follows; times in seconds."""

    phone_number_id: PhoneNumberId
    """The business line."""
    profile: str
    pre_accept: bool
    rewrite_dtls_role: bool
    agent_ready_s: float
    stale_offer_s: float
    bounds: Bounds
    via_hop: bool = False
    """Let the media hop stand between WhatsApp and LiveKit."""


class CallAnswerer:
    """Answers inbound calls. Holds nothing of a call but the task that sets it up."""

    def __init__(
        self, near: Neighbours, *, ender: CallEnder, setup: CallSetup, policy: AnswerPolicy
    ) -> None:
        """Take the neighbours and the policy."""
        self._store = near.store
        self._rooms = near.rooms
        self._whip = near.whip
        self._graph = near.graph
        self._hops = near.hops
        self._ender = ender
        self._setup = setup
        self._metrics = near.metrics
        self._policy = policy
        self._clock = near.clock
        self._meta_clock = near.meta_clock

    async def answer(self, offer: OfferReceived, received: float) -> Settled:
        """Claim the call and answer it; say what became of the offer, and of which call it was.

        `received` is the monotonic time at which the webhook reached us.
        """
        if await self._is_stale(offer):
            return await self._refuse_stale(offer, self._clock())
        now = self._clock()
        call = self._new_call(offer, now, hop=await self._choose_hop())
        claimed = await self._store.claim_call(call)
        if claimed is None:
            return await self._not_ours(offer, call)
        self._metrics.call_started(Direction.INBOUND)
        watch = Stopwatch(claimed.direction, self._metrics, begins_with="received", began=received)
        watch.done("claimed")
        try:
            async with asyncio.timeout(self._policy.bounds.setup_s):
                await self._set_up(claimed, offer, watch)
        except Overtaken:
            await asyncio.shield(self._ender.close_media(claimed))
        except asyncio.CancelledError:
            # the end of this call is being recorded by whoever cancelled us
            await asyncio.shield(self._ender.close_media(claimed))
            raise
        except Exception as error:
            await self._setup.fail(claimed, watch, error)
            return Settled(EventOutcome.FAILED, call.id)
        return Settled(EventOutcome.HANDLED, call.id)

    async def _set_up(self, call: Call, offer: OfferReceived, watch: Stopwatch) -> None:
        policy = self._policy
        livekit_offer = await self._offer_for_livekit(call, offer.sdp)
        await self._rooms.create(
            call,
            CallBrief(
                call_id=call.id,
                direction=call.direction,
                phone_number_id=call.phone_number_id,
                profile=policy.profile,
                ready_within_s=policy.agent_ready_s,
            ),
        )
        watch.done("room")
        if not await self._rooms.wait_for_agent(call.room, policy.agent_ready_s):
            raise await self._setup.why_agent_left(call)
        watch.done("agent")
        leg, call = await self._open_leg(call, livekit_offer)
        watch.done("whip")
        answer = await self._answer_for_meta(call, leg.sdp, offer.sdp)
        # From the moment `accept` may have left us, the end needs `terminate`; so the row must
        # say so before. That write hides behind pre_accept.
        sending = self._write(call, accept_sent_at=self._clock(), caller_sid=leg.participant_sid)
        if policy.pre_accept:
            try:
                _, call = await _both(self._graph.pre_accept(offer.wacid, answer), sending)
            except WacallError:
                await self._write(call, accept_sent_at=None)
                raise
            watch.done("pre_accept")
        else:
            call = await sending
        await self._graph.accept(offer.wacid, answer)
        watch.done("accept")
        await self._activate(call, offer.wacid, watch)

    async def _choose_hop(self) -> str | None:
        """Say in the row which hop will hold the call, before the hop does."""
        if not self._policy.via_hop:
            return None
        try:
            return await self._hops.choose()
        except NoHop:
            # the set-up ends with it, once there is a row that says so
            return None

    async def _offer_for_livekit(self, call: Call, offer: str) -> str:
        if self._policy.via_hop:
            return await self._hops.passage_of(call).take_offer(offer)
        return sdp.offer_for_livekit(offer, rewrite_dtls_role=self._policy.rewrite_dtls_role)

    async def _answer_for_meta(self, call: Call, answer: str, offer: str) -> str:
        if self._policy.via_hop:
            return await self._hops.passage_of(call).make_answer(answer, offer)
        return sdp.answer_for_meta(answer, offer, rewrite_dtls_role=self._policy.rewrite_dtls_role)

    async def _open_leg(self, call: Call, offer: str) -> tuple[WhipAnswer, Call]:
        """Post the offer while the row moves on to `connecting`."""
        token = self._rooms.caller_token(call, status=status_shown(call.status))
        return await _both(self._whip.post(offer, token), self._move(call, CallEvent.ANSWERING))

    async def _activate(self, call: Call, wacid: WhatsAppCallId, watch: Stopwatch) -> None:
        """Let the agent speak and write that the call is answered, both at once."""
        answered_at = self._clock()
        deadline = deadline_of(
            dataclasses.replace(call, answered_at=answered_at), self._policy.bounds
        )
        try:
            await _both(
                self._rooms.set_call_status(call.room, ShownStatus.ACTIVE),
                self._move(
                    call,
                    CallEvent.ACCEPTED,
                    answered_at=answered_at,
                    deadline_at=deadline,
                    timings=watch.timings,
                ),
            )
        except Overtaken:
            # It ended while our `accept` was on its way: the other's `terminate` may have reached
            # Meta before it. Meta refuses a second one without harm.
            await self._graph.terminate(wacid)
            raise
        _log.info(
            "Call answered.",
            extra={"action": "call-answered", "call": call.id, **watch.timings},
        )

    async def _move(self, call: Call, event: CallEvent, **changes: Unpack[CallChanges]) -> Call:
        """Move the row on, if the call still stands where this event finds it."""
        move = step(event)
        changes["status"] = move.status
        return await self._setup.advance(call, move.expect, **changes)

    async def _write(self, call: Call, **changes: Unpack[CallChanges]) -> Call:
        """Write to the row of a call that is connecting, if it still is."""
        return await self._setup.advance(call, {CallStatus.CONNECTING}, **changes)

    def _new_call(self, offer: OfferReceived, now: datetime, *, hop: str | None = None) -> Call:
        return Call(
            id=CallId(str(uuid.uuid4())),
            wacid=offer.wacid,
            direction=Direction.INBOUND,
            status=CallStatus.RINGING,
            # without a word on the line it is ours: other lines' events never come here
            phone_number_id=offer.phone_number_id or self._policy.phone_number_id,
            party=offer.party,
            created_at=now,
            deadline_at=now + timedelta(seconds=self._policy.bounds.setup_s),
            hop=hop,
        )

    async def _is_stale(self, offer: OfferReceived) -> bool:
        """Whether the offer is too old to be answered, by Meta's clock."""
        limit = timedelta(seconds=self._policy.stale_offer_s)
        if offer.timestamp is None or self._clock() - offer.timestamp <= limit:
            return False
        if not self._meta_clock.skew.is_known:
            # it may be our clock that is wrong: whatever Graph answers tells the time
            with contextlib.suppress(GraphError):
                await self._graph.check_number()
        return self._clock() - offer.timestamp > limit

    async def _refuse_stale(self, offer: OfferReceived, now: datetime) -> Settled:
        """Keep a call that we learn of too late, as an ended row: it was missed, and is seen.

        Meta is told, unless the phone cannot ring any more.
        """
        age = now - (offer.timestamp or now)
        is_over = age > _RINGS_AT_MOST
        call = dataclasses.replace(
            self._new_call(offer, now),
            status=CallStatus.NO_ANSWER,
            end_reason=EndReason.STALE_OFFER,
            deadline_at=None,
            created_at=offer.timestamp or now,
            ended_at=now,
            released_at=now if is_over else None,
            ended_by_peer=is_over,
        )
        claimed = await self._store.claim_call(call)
        if claimed is None:
            return await self._not_ours(offer, call)
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
