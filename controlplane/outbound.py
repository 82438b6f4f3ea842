"""Place a call: the story of one business-initiated call, top to bottom.

    place      policy -> row `dialing` -> 202
    dial       room and agent, the hop's offer beside it -> Graph `connect`
    link       Meta's answer, at any replica: hop, WHIP, hop
    follow     RINGING, ACCEPTED, REJECTED, at any replica; the end comes as for every call

Once `connect` has left for Graph nothing is repeated: the phone would ring twice.
"""

import asyncio
import dataclasses
import logging
import time
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from controlplane.brief import CallBrief
from controlplane.call import (
    LIVE_STATUSES,
    Call,
    CallId,
    CallStatus,
    Direction,
    EndReason,
    Party,
    PhoneNumberId,
)
from controlplane.deadlines import Bounds, deadline_of
from controlplane.ending import CallEnder, Overtaken, status_shown
from controlplane.errors import (
    AgentGaveUp,
    CallDenied,
    ControlPlaneError,
    GraphError,
    NoHop,
    TimedOut,
)
from controlplane.foreign import PeerStatus
from controlplane.graph import GraphClient
from controlplane.graph_errors import GraphUnreachable
from controlplane.hops import Hops
from controlplane.lifecycle import CallEvent, expected_before
from controlplane.media_hop import HopInterfaces, MediaHop
from controlplane.metrics import Metrics
from controlplane.permissions import Permissions
from controlplane.records import EventOutcome, EventRecord, EventSource
from controlplane.rooms import RoomsClient
from controlplane.store import Store
from controlplane.webhook_events import AnswerReceived, CallStatusChanged, PeerHungUp
from controlplane.whip import WhipClient

_log = logging.getLogger(__name__)

# The same `Idempotency-Key` for the same line is the same call id, whichever replica is asked.
_KEYS = uuid.UUID("5b1f4e62-7f0e-4c5f-9a7e-3c0d1b6a2f10")
# How long an event may be ahead of the answer to the very `connect` that it belongs to.
_ID_TRIES, _ID_PAUSE_S = 10, 0.3


@dataclass(frozen=True, slots=True, kw_only=True)
class CallOrder:
    """Who is to be called, by which agent, knowing what."""

    party: Party
    profile: str
    context: Mapping[str, Any] = field(default_factory=dict, repr=False)
    idempotency_key: str | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class PlacedCall:
    """What whoever asked for a call is told."""

    call: Call
    warnings: tuple[str, ...] = ()
    repeated: bool = False
    """The same `Idempotency-Key` had placed this call before."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DialPolicy:
    """The settings that this story follows; times in seconds."""

    phone_number_id: PhoneNumberId
    agent_ready_s: float
    bounds: Bounds
    interfaces: HopInterfaces | None = None


class CallPlacer:
    """Places outbound calls. Holds nothing of a call but the task that dials it."""

    def __init__(
        self,
        *,
        store: Store,
        rooms: RoomsClient,
        whip: WhipClient,
        graph: GraphClient,
        hops: Hops,
        permissions: Permissions,
        ender: CallEnder,
        metrics: Metrics,
        policy: DialPolicy,
        clock: Callable[[], datetime],
    ) -> None:
        """Take the neighbours and the policy."""
        self._store = store
        self._rooms = rooms
        self._whip = whip
        self._graph = graph
        self._hops = hops
        self._permissions = permissions
        self._ender = ender
        self._metrics = metrics
        self._policy = policy
        self._clock = clock

    # --- place ---

    async def place(self, order: CallOrder) -> PlacedCall:
        """Decide, and write the row; `dial` does the rest. Nothing is sent to the person yet.

        Raises:
            CallDenied: the policy says no, and when it may be tried again.
            NoHop: there is no media hop to place a call through.
            GraphError: the ledger is silent and Graph did not answer.
        """
        call_id = self._call_id(order.idempotency_key)
        earlier = await self._store.get_call(call_id) if order.idempotency_key else None
        if earlier is not None:
            return PlacedCall(call=earlier, repeated=True)
        try:
            return await self._claim(order, call_id)
        except CallDenied:
            # the same key at the same moment: what stands in its way is the call that it placed
            earlier = await self._store.get_call(call_id) if order.idempotency_key else None
            if earlier is None:
                raise
            return PlacedCall(call=earlier, repeated=True)

    async def _claim(self, order: CallOrder, call_id: CallId) -> PlacedCall:
        allowed = await self._permissions.check(order.party)
        hop = await self._hops.choose()
        now = self._clock()
        claimed = await self._store.claim_call(
            Call(
                id=call_id,
                wacid=None,
                direction=Direction.OUTBOUND,
                status=CallStatus.DIALING,
                phone_number_id=self._policy.phone_number_id,
                party=order.party,
                created_at=now,
                deadline_at=now + timedelta(seconds=self._policy.bounds.setup_s),
                hop=str(hop.address),
            )
        )
        if claimed is None:
            raise CallDenied("live-call", "There is already a call with this person.")
        self._metrics.call_started(Direction.OUTBOUND)
        return PlacedCall(call=claimed, warnings=allowed.warnings)

    def _call_id(self, key: str | None) -> CallId:
        if key is None:
            return CallId(str(uuid.uuid4()))
        return CallId(str(uuid.uuid5(_KEYS, f"{self._policy.phone_number_id}|{key}")))

    # --- dial ---

    async def dial(self, placed: Call, order: CallOrder) -> None:
        """Build everything up to the ringing phone; whatever fails ends the call."""
        started = time.monotonic()
        call = await self._store.mark_once(placed.id, "dialed_at", self._clock())
        if call is None:
            # the same key at the same moment elsewhere, or it was hung up already
            return
        step = "placed"
        try:
            async with asyncio.timeout(self._policy.bounds.setup_s):
                step = "agent"
                offer = await self._prepare(call, order)
                step = "connect"
                await self._connect(call, offer, started)
        except Overtaken:
            await self._ender.close_media(call)
        except Exception as error:
            await self._fail(call, step, error)

    async def _prepare(self, call: Call, order: CallOrder) -> str:
        """Bring the agent into the room, silent, and get the hop's offer at the same time."""
        brief = CallBrief(
            call_id=call.id,
            direction=call.direction,
            phone_number_id=call.phone_number_id,
            profile=order.profile,
            context=order.context,
        )
        await self._rooms.create(call, brief)
        ready, offer = await asyncio.gather(
            self._rooms.wait_for_agent(call.room, self._policy.agent_ready_s),
            self._hop(call).offer(call.id),
            return_exceptions=True,
        )
        for result in (ready, offer):
            if isinstance(result, BaseException):
                raise result
        if not ready:
            row = await self._store.get_call(call.id)
            if row is None or row.status.is_final:
                raise Overtaken
            raise AgentGaveUp(row.end_requested or EndReason.AGENT_LOST)
        return str(offer)

    async def _connect(self, call: Call, offer: str, started: float) -> None:
        now = self._clock()
        # From here on the end needs `terminate`, and it is the person whom the deadline waits for.
        call = await self._advance(
            call,
            {CallStatus.DIALING},
            accept_sent_at=now,
            deadline_at=now + timedelta(seconds=self._policy.bounds.ring_s),
            timings={"offered_ms": _since(started)},
        )
        try:
            wacid = await self._graph.connect(call.party, offer, call.id)
        except GraphUnreachable:
            # The phone may ring all the same; then the webhook brings the call's id. Nothing else
            # is known, so nothing else is done until the ring timeout.
            await self._note_error(call, "connect", "graph-unreachable")
            return
        row = await self._store.update_call(
            call.id,
            expect=LIVE_STATUSES,
            changes={"wacid": wacid, "timings": {**call.timings, "connect_ms": _since(started)}},
        )
        if row is None:
            # hung up while `connect` was on its way: whoever ended it did not know the id
            await self._graph.terminate(wacid)
            raise Overtaken
        _log.info("The phone is being called.", extra={"action": "dialed", "call": call.id})

    async def _fail(self, call: Call, step: str, error: Exception) -> None:
        known = error if isinstance(error, ControlPlaneError) else None
        if isinstance(error, TimeoutError):
            known = TimedOut("The set-up took longer than SETUP_TIMEOUT_S.")
        reason = known.reason if known is not None else EndReason.INTERNAL
        denial = None
        if isinstance(known, GraphError) and step == "connect":
            # what Meta refuses all the same corrects the ledger
            denial = await self._permissions.refused(call, known)
        code = (
            denial.code if denial is not None else known.code if known is not None else "internal"
        )
        _log.warning(
            "The call could not be placed.",
            extra={"action": "dial-failed", "call": call.id, "step": step, "error": code},
        )
        await self._note_error(call, step, code)
        if not await self._ender.finish_by_id(call.id, reason):
            await self._ender.close_media(call)

    async def _note_error(self, call: Call, step: str, code: str) -> None:
        await self._store.add_events(
            [
                EventRecord(
                    id=str(uuid.uuid4()),
                    source=EventSource.CONTROLPLANE,
                    kind="error",
                    received_at=self._clock(),
                    call_id=call.id,
                    outcome=EventOutcome.RECORDED,
                    payload={"step": step, "code": code},
                )
            ]
        )

    # --- link: Meta's answer ---

    async def link(self, event: AnswerReceived) -> tuple[EventOutcome, CallId | None]:
        """Build the media path with Meta's answer; the phone may be ringing, or not yet."""
        call = await self.locate(event)
        if call is None:
            return EventOutcome.IGNORED, None
        if call.status.is_final:
            if not call.ended_by_peer:
                # it ended before anybody knew Meta's id of it
                await self._graph.terminate(event.wacid)
            return EventOutcome.STALE, call.id
        linked = await self._store.mark_once(call.id, "linked_at", self._clock())
        if linked is None:
            return EventOutcome.DUPLICATE, call.id
        try:
            async with asyncio.timeout(self._policy.bounds.setup_s):
                await self._bridge(linked, event.sdp)
        except Overtaken:
            await self._ender.close_media(linked)
        except Exception as error:
            await self._fail(linked, "link", error)
            return EventOutcome.FAILED, call.id
        return EventOutcome.HANDLED, call.id

    async def _bridge(self, call: Call, answer: str) -> None:
        hop = self._hop(call)
        offer = await hop.bridge(call.id, answer)
        token = self._rooms.caller_token(call, status=status_shown(call.status))
        leg = await self._whip.post(offer, token)
        await hop.complete(call.id, leg.sdp)
        # The attribute first, then the row: an ACCEPTED that comes between the two finds the leg
        # in the row and shows `active` itself; one that came before is seen in the row here.
        await self._rooms.set_call_status(call.room, CallStatus.RINGING.value)
        row = await self._advance(call, LIVE_STATUSES, caller_sid=leg.participant_sid)
        if row.status is CallStatus.ACTIVE:
            await self._rooms.set_call_status(call.room, CallStatus.ACTIVE.value)

    # --- follow: what the phone does ---

    async def follow(self, event: CallStatusChanged) -> tuple[EventOutcome, CallId | None]:
        """Take RINGING, ACCEPTED or REJECTED, in whatever order they come."""
        call = await self.locate(event)
        if call is None:
            return EventOutcome.IGNORED, None
        match event.status:
            case PeerStatus.RINGING:
                changed = await self._store.update_call(
                    call.id,
                    expect=expected_before(CallEvent.RINGS),
                    changes={"status": CallStatus.RINGING},
                )
            case PeerStatus.ACCEPTED:
                changed = await self.accepted(call)
            case PeerStatus.REJECTED:
                changed = await self._rejected(call)
            case _:
                return EventOutcome.UNKNOWN, call.id
        return EventOutcome.HANDLED if changed else EventOutcome.DUPLICATE, call.id

    async def accepted(self, call: Call) -> Call | None:
        """The person has picked up: let the agent speak; `None` if that was known or too late."""
        now = self._clock()
        answered = dataclasses.replace(call, answered_at=now)
        row = await self._store.update_call(
            call.id,
            expect=expected_before(CallEvent.ACCEPTED),
            changes={
                "status": CallStatus.ACTIVE,
                "answered_at": now,
                "deadline_at": deadline_of(answered, self._policy.bounds),
            },
        )
        if row is not None:
            await self._rooms.set_call_status(row.room, CallStatus.ACTIVE.value)
            _log.info("Call answered.", extra={"action": "call-answered", "call": call.id})
        return row

    async def _rejected(self, call: Call) -> Call | None:
        ended = await self._ender.end(call, EndReason.REJECTED, by_peer=True)
        if ended is not None:
            await self._ender.release(ended)
            await self._permissions.rejected(call.party, call.id)
        return ended

    # --- every step ---

    async def locate(self, event: AnswerReceived | CallStatusChanged | PeerHungUp) -> Call | None:
        """Find the call by Meta's id, or by ours that it echoes: a webhook may come before the
        answer to `connect` has told Meta's id.
        """
        call = await self._store.find_call(event.wacid)
        if call is not None:
            return call
        try:
            call_id = CallId(str(uuid.UUID(event.opaque or "")))
        except ValueError:
            return await self._wait_for(event)
        call = await self._store.get_call(call_id)
        if call is None or call.direction is not Direction.OUTBOUND:
            return None
        row = await self._store.update_call(
            call.id, expect=LIVE_STATUSES, changes={"wacid": event.wacid}
        )
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
                return call
        return None

    async def _advance(
        self, call: Call, expect: frozenset[CallStatus] | set[CallStatus], **changes: object
    ) -> Call:
        row = await self._store.update_call(call.id, expect=expect, changes=changes)
        if row is None:
            raise Overtaken
        return row

    def _hop(self, call: Call) -> MediaHop:
        if call.hop is None:
            raise NoHop
        return MediaHop(self._hops.client(call.hop), interfaces=self._policy.interfaces)


def _since(started: float) -> float:
    return round((time.monotonic() - started) * 1000, 1)
