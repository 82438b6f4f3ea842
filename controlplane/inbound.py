"""Answer a call: the story of one user-initiated call, top to bottom."""

import asyncio
import dataclasses
import logging
import time
import uuid
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from types import TracebackType
from typing import TypeVar

from controlplane import sdp
from controlplane.brief import CallBrief
from controlplane.call import (
    Call,
    CallId,
    CallStatus,
    Direction,
    EndReason,
    WhatsAppCallId,
)
from controlplane.deadlines import Bounds, deadline_of
from controlplane.ending import CallEnder, Overtaken, status_shown
from controlplane.errors import AgentGaveUp, ControlPlaneError, NoHop, TimedOut
from controlplane.graph import GraphClient
from controlplane.graph_errors import GraphRefused
from controlplane.hops import Hops
from controlplane.lifecycle import CallEvent, after, expected_before
from controlplane.media_hop import HopInterfaces, MediaHop
from controlplane.metrics import Metrics
from controlplane.records import EventOutcome, EventRecord, EventSource
from controlplane.rooms import RoomsClient
from controlplane.store import Store
from controlplane.webhook_events import OfferReceived
from controlplane.whip import WhipAnswer, WhipClient

_log = logging.getLogger(__name__)

_A = TypeVar("_A")
_B = TypeVar("_B")


@dataclass(frozen=True, slots=True, kw_only=True)
class AnswerPolicy:
    """The settings that this story follows; times in seconds."""

    profile: str
    pre_accept: bool
    rewrite_dtls_role: bool
    agent_ready_s: float
    stale_offer_s: float
    bounds: Bounds
    via_hop: bool = False
    """Let the media hop stand between WhatsApp and LiveKit."""
    interfaces: HopInterfaces | None = None


class CallAnswerer:
    """Answers inbound calls. Holds nothing of a call but the task that sets it up."""

    def __init__(
        self,
        *,
        store: Store,
        rooms: RoomsClient,
        whip: WhipClient,
        graph: GraphClient,
        hops: Hops,
        ender: CallEnder,
        metrics: Metrics,
        policy: AnswerPolicy,
        clock: Callable[[], datetime],
    ) -> None:
        """Take the neighbours and the policy."""
        self._store = store
        self._rooms = rooms
        self._whip = whip
        self._graph = graph
        self._hops = hops
        self._ender = ender
        self._metrics = metrics
        self._policy = policy
        self._clock = clock

    async def answer(self, offer: OfferReceived, received: float) -> tuple[EventOutcome, CallId]:
        """Claim the call and answer it; say what became of the offer, and of which call it was.

        `received` is the monotonic time at which the webhook reached us.
        """
        now = self._clock()
        if offer.timestamp is not None and now - offer.timestamp > timedelta(
            seconds=self._policy.stale_offer_s
        ):
            return await self._record_stale(offer, now)
        call = self._new_call(offer, now, hop=await self._choose_hop())
        claimed = await self._store.claim_call(call)
        if claimed is None:
            owner = await self._store.find_call(offer.wacid)
            return EventOutcome.DUPLICATE, owner.id if owner is not None else call.id
        self._metrics.call_started(Direction.INBOUND)
        setup = _Setup(claimed, self._metrics, received)
        setup.done("claimed")
        try:
            async with asyncio.timeout(self._policy.bounds.setup_s):
                await self._set_up(claimed, offer, setup)
        except Overtaken:
            await asyncio.shield(self._ender.close_media(claimed))
        except asyncio.CancelledError:
            # the end of this call is being recorded by whoever cancelled us
            await asyncio.shield(self._ender.close_media(claimed))
            raise
        except Exception as error:
            await self._fail(claimed, setup, error)
            return EventOutcome.FAILED, call.id
        return EventOutcome.HANDLED, call.id

    async def _set_up(self, call: Call, offer: OfferReceived, setup: "_Setup") -> None:
        policy = self._policy
        livekit_offer = await self._offer_for_livekit(call, offer.sdp)
        await self._rooms.create(
            call,
            CallBrief(
                call_id=call.id,
                direction=call.direction,
                phone_number_id=call.phone_number_id,
                profile=policy.profile,
            ),
        )
        setup.done("room")
        if not await self._rooms.wait_for_agent(call.room, policy.agent_ready_s):
            raise await self._why_agent_left(call)
        setup.done("agent")
        leg, call = await self._open_leg(call, livekit_offer)
        setup.done("whip")
        answer = await self._answer_for_meta(call, leg.sdp, offer.sdp)
        # From the moment `accept` may have left us, the end needs `terminate`; so the row must
        # say so before. That write hides behind pre_accept.
        sending = self._advance(
            call, None, accept_sent_at=self._clock(), caller_sid=leg.participant_sid
        )
        if policy.pre_accept:
            try:
                _, call = await _both(self._graph.pre_accept(offer.wacid, answer), sending)
            except ControlPlaneError:
                await self._advance(call, None, accept_sent_at=None)
                raise
            setup.done("pre_accept")
        else:
            call = await sending
        await self._graph.accept(offer.wacid, answer)
        setup.done("accept")
        await self._activate(call, offer.wacid, setup)

    async def _choose_hop(self) -> str | None:
        """Say in the row which hop will hold the call, before the hop does."""
        if not self._policy.via_hop:
            return None
        try:
            return str((await self._hops.choose()).address)
        except NoHop:
            # the set-up ends with it, once there is a row that says so
            return None

    def _hop(self, call: Call) -> MediaHop:
        if call.hop is None:
            raise NoHop
        return MediaHop(self._hops.client(call.hop), interfaces=self._policy.interfaces)

    async def _offer_for_livekit(self, call: Call, offer: str) -> str:
        if self._policy.via_hop:
            return await self._hop(call).take_offer(call.id, offer)
        return sdp.offer_for_livekit(offer, rewrite_dtls_role=self._policy.rewrite_dtls_role)

    async def _answer_for_meta(self, call: Call, answer: str, offer: str) -> str:
        if self._policy.via_hop:
            return await self._hop(call).make_answer(call.id, answer, offer)
        return sdp.answer_for_meta(answer, offer, rewrite_dtls_role=self._policy.rewrite_dtls_role)

    async def _open_leg(self, call: Call, offer: str) -> tuple[WhipAnswer, Call]:
        """Post the offer while the row moves on to `connecting`."""
        token = self._rooms.caller_token(call, status=status_shown(call.status))
        return await _both(self._whip.post(offer, token), self._advance(call, CallEvent.ANSWERING))

    async def _activate(self, call: Call, wacid: WhatsAppCallId, setup: "_Setup") -> None:
        """Let the agent speak and write that the call is answered, both at once."""
        answered_at = self._clock()
        deadline = deadline_of(
            dataclasses.replace(call, answered_at=answered_at), self._policy.bounds
        )
        try:
            await _both(
                self._rooms.set_call_status(call.room, CallStatus.ACTIVE.value),
                self._advance(
                    call,
                    CallEvent.ACCEPTED,
                    answered_at=answered_at,
                    deadline_at=deadline,
                    timings=setup.timings,
                ),
            )
        except Overtaken:
            # It ended while our `accept` was on its way: the other's `terminate` may have reached
            # Meta before it. Meta refuses a second one without harm.
            await self._graph.terminate(wacid)
            raise
        _log.info(
            "Call answered.",
            extra={"action": "call-answered", "call": call.id, **setup.timings},
        )

    async def _advance(self, call: Call, event: CallEvent | None, **changes: object) -> Call:
        """Move the row on, or only write `changes`, if the call still stands where we left it."""
        expect = expected_before(event) if event is not None else {CallStatus.CONNECTING}
        if event is not None:
            moves = {after(status, event) for status in expect}
            changes["status"] = moves.pop()
        updated = await self._store.update_call(call.id, expect=expect, changes=changes)
        if updated is None:
            raise Overtaken
        return updated

    async def _why_agent_left(self, call: Call) -> Exception:
        row = await self._store.get_call(call.id)
        if row is None or row.status.is_final:
            return Overtaken()
        return AgentGaveUp(row.end_requested or EndReason.AGENT_LOST)

    async def _fail(self, call: Call, setup: "_Setup", error: Exception) -> None:
        """End the call with the error's reason; undo what the row says has been acquired."""
        known = error if isinstance(error, ControlPlaneError) else None
        if isinstance(error, TimeoutError):
            known = TimedOut("The set-up took longer than SETUP_TIMEOUT_S.")
        reason = known.reason if known is not None else EndReason.INTERNAL
        _log.warning(
            "Call could not be answered.",
            extra={
                "action": "call-failed",
                "call": call.id,
                "reason": reason.value,
                "after": setup.last,
                "error": known.code if known is not None else type(error).__name__,
            },
            # a foreign exception's text may carry anything; its place in the code does not
            exc_info=None if known is not None else _without_text(error),
        )
        await self._store.add_events([self._error_event(call, setup, known, error)])
        if not await self._ender.finish_by_id(call.id, reason):
            await self._ender.close_media(call)

    def _error_event(
        self, call: Call, setup: "_Setup", known: ControlPlaneError | None, error: Exception
    ) -> EventRecord:
        return EventRecord(
            id=str(uuid.uuid4()),
            source=EventSource.CONTROLPLANE,
            kind="error",
            received_at=self._clock(),
            call_id=call.id,
            wacid=call.wacid,
            outcome=EventOutcome.RECORDED,
            payload={
                "after_step": setup.last,
                "code": known.code if known is not None else "internal",
                "message": str(known) if known is not None else type(error).__name__,
                "timings_ms": dict(setup.timings),
                **_meta_details(error),
            },
        )

    def _new_call(self, offer: OfferReceived, now: datetime, *, hop: str | None = None) -> Call:
        return Call(
            id=CallId(str(uuid.uuid4())),
            wacid=offer.wacid,
            direction=Direction.INBOUND,
            status=CallStatus.RINGING,
            phone_number_id=offer.phone_number_id,
            party=offer.party,
            created_at=now,
            deadline_at=now + timedelta(seconds=self._policy.bounds.setup_s),
            hop=hop,
        )

    async def _record_stale(
        self, offer: OfferReceived, now: datetime
    ) -> tuple[EventOutcome, CallId]:
        """Keep a call that we learn of too late, as an ended row: it was missed, and is seen."""
        call = dataclasses.replace(
            self._new_call(offer, now),
            status=CallStatus.NO_ANSWER,
            end_reason=EndReason.STALE_OFFER,
            deadline_at=None,
            created_at=offer.timestamp or now,
            ended_at=now,
            released_at=now,
            ended_by_peer=True,
        )
        claimed = await self._store.claim_call(call)
        if claimed is None:
            owner = await self._store.find_call(offer.wacid)
            return EventOutcome.DUPLICATE, owner.id if owner is not None else call.id
        return EventOutcome.STALE, call.id


class _Setup:
    """The stopwatch of one set-up: milliseconds since the webhook reached us, step by step."""

    def __init__(self, call: Call, metrics: Metrics, received: float) -> None:
        self._direction = call.direction
        self._metrics = metrics
        self._received = received
        self.timings: dict[str, float] = {}
        self.last = "received"

    def done(self, step: str) -> None:
        """Note that a step is done."""
        elapsed = round((time.monotonic() - self._received) * 1000, 1)
        self.timings[f"{step}_ms"] = elapsed
        self.last = step
        self._metrics.stage_done(self._direction, step, elapsed)


async def _both(first: Awaitable[_A], second: Awaitable[_B]) -> tuple[_A, _B]:
    """Await two things at once; when one fails, the other is still seen to its end."""
    one, two = await asyncio.gather(first, second, return_exceptions=True)
    if isinstance(two, BaseException):
        # the second is the row: that the call has ended outweighs a failed request
        raise two
    if isinstance(one, BaseException):
        raise one
    return one, two


def _meta_details(error: Exception) -> dict[str, object]:
    """What Meta's support asks for; its own words may be personal and stay in the database."""
    if not isinstance(error, GraphRefused):
        return {}
    return {
        "meta_code": error.meta_code,
        "meta_subcode": error.subcode,
        "fbtrace_id": error.fbtrace_id,
        "meta_detail": error.detail,
    }


def _without_text(error: Exception) -> tuple[type[Exception], Exception, TracebackType | None]:
    name = type(error).__name__
    return RuntimeError, RuntimeError(f"{name} (text withheld)"), error.__traceback__
