"""Hand every event to the use case that it is for, and note what became of it.

A process holds a task for the set-up of a call that it claimed, never the truth about it.
"""

import asyncio
import logging
import uuid
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta

from controlplane.core.foreign import HangupStatus
from controlplane.meta.events import (
    AccountUpdated,
    AnswerReceived,
    CallStatusChanged,
    OfferReceived,
    PeerHungUp,
    PermissionReplied,
    TextReceived,
    Unrecognized,
    WebhookEvent,
)
from controlplane.telemetry.metrics import Metrics
from controlplane.use_cases.ending import CallEnder
from controlplane.use_cases.inbound import CallAnswerer
from controlplane.use_cases.linking import CallLinker
from controlplane.use_cases.outbound import CallOrder, CallPlacer, PlacedCall
from controlplane.use_cases.permissions import Permissions
from shared.call.call import Call, Direction, EndReason, Termination
from shared.call.errors import StoreUnavailable
from shared.call.ids import CallId, PhoneNumberId, WhatsAppCallId
from shared.call.records import EventOutcome, EventRecord, EventSource
from shared.database.supabase import Store
from shared.process.tasks import Tasks

_log = logging.getLogger(__name__)

# Meta's times are whole seconds, ours are not: within this, ours is the better one.
_CLOCK_GRAIN = timedelta(seconds=5)
# How long a set-up may take to notice that its call has ended before the room is deleted anyway.
_CANCEL_WAIT_S = 2.0

# What a person or Meta allows or forbids is written sooner or later; a call's moment passes.
_NEVER_LOST = (PermissionReplied, TextReceived, AccountUpdated)

# Codes of Meta's terminate webhook (troubleshooting) -> why the call ended.
_PEER_FAULTS = {
    138020: EndReason.MEDIA_TIMEOUT,
    138021: EndReason.MEDIA_TIMEOUT,
    138022: EndReason.MEDIA_TIMEOUT,
    138023: EndReason.MEDIA_TIMEOUT,
}


class Switchboard:
    """Runs the use cases; one per process."""

    def __init__(
        self,
        *,
        store: Store,
        answerer: CallAnswerer,
        placer: CallPlacer,
        linker: CallLinker,
        ender: CallEnder,
        permissions: Permissions,
        metrics: Metrics,
        phone_number_id: PhoneNumberId,
        clock: Callable[[], datetime],
    ) -> None:
        """Take the use cases and the business line whose events are ours."""
        self._store = store
        self._answerer = answerer
        self._placer = placer
        self._linker = linker
        self._ender = ender
        self._permissions = permissions
        self._metrics = metrics
        self._phone_number_id = phone_number_id
        self._clock = clock
        self._tasks = Tasks()
        self._setups: dict[WhatsAppCallId, asyncio.Task[None]] = {}
        self._hangups: dict[WhatsAppCallId, asyncio.Task[None]] = {}
        self._statuses: dict[WhatsAppCallId, asyncio.Task[None]] = {}
        self.draining = False

    # --- in ---

    async def receive(self, events: Sequence[WebhookEvent], received: float) -> None:
        """Store a webhook's events, then start to work on them. Returns once they are stored.

        Raises:
            StoreUnavailable: nothing was stored; Meta has to send the webhook again.
        """
        now = self._clock()
        pairs = [(event, self._record(event, now)) for event in events]
        await self._store.add_events([record for _, record in pairs])
        for event, record in pairs:
            if record.outcome is None:
                self.resume(event, record.id, received)
            else:
                self._metrics.event_settled(record.kind, record.outcome)
            if isinstance(event, Unrecognized) and event.errors:
                # such as 131044: without a payment method Meta lets nobody's call through
                _log.warning(
                    "Meta reports an error that belongs to no call; its documentation lists codes.",
                    extra={
                        "action": "meta-error",
                        "field": event.field,
                        "codes": ",".join(str(error.code) for error in event.errors),
                    },
                )

    def resume(self, event: WebhookEvent, event_id: str, received: float) -> None:
        """Work on a stored event in a task of its own."""
        task = self._tasks.spawn(self._work(event, event_id, received))
        under_way = {
            OfferReceived: self._setups,
            PeerHungUp: self._hangups,
            CallStatusChanged: self._statuses,
        }.get(type(event))
        wacid = event.wacid
        if under_way is None or wacid is None or (under_way is self._setups and wacid in under_way):
            return
        under_way[wacid] = task

        def forget(done: asyncio.Task[None]) -> None:
            if under_way.get(wacid) is done:
                del under_way[wacid]

        task.add_done_callback(forget)

    async def place(self, order: CallOrder) -> PlacedCall:
        """Place a call: returns when its row is written, dials in a task of its own."""
        placed = await self._placer.place(order)
        if not placed.repeated:
            self._tasks.spawn(self._placer.dial(placed.call, order))
        return placed

    def _record(self, event: WebhookEvent, now: datetime) -> EventRecord:
        outcome: EventOutcome | None
        if event.phone_number_id not in (None, self._phone_number_id):
            outcome = EventOutcome.IGNORED
        elif isinstance(event, Unrecognized):
            outcome = EventOutcome.UNKNOWN
        else:
            outcome = None
        return EventRecord(
            id=str(uuid.uuid4()),
            source=EventSource.META,
            kind=event.kind,
            received_at=now,
            wacid=event.wacid,
            payload=event.raw,
            outcome=outcome,
        )

    async def _work(self, event: WebhookEvent, event_id: str, received: float) -> None:
        outcome: EventOutcome | None = EventOutcome.FAILED
        call_id: CallId | None = None
        try:
            match event:
                case OfferReceived():
                    # a `terminate` that came before its `connect` writes its row first: the row
                    # decides either way, this spares Meta a `pre_accept` for a call that is over
                    await self._let_pass(self._hangups.get(event.wacid))
                    outcome, call_id = await self._answerer.answer(event, received)
                case PeerHungUp():
                    # REJECTED, which comes just before, knows the reason better
                    await self._let_pass(self._statuses.get(event.wacid))
                    outcome, call_id = await self._peer_hung_up(event)
                case AnswerReceived():
                    outcome, call_id = await self._linker.link(event)
                case CallStatusChanged():
                    outcome, call_id = await self._linker.follow(event)
                case PermissionReplied():
                    outcome = await self._permissions.replied(event, event_id)
                case TextReceived():
                    outcome = await self._permissions.texted(event, event_id)
                case AccountUpdated():
                    outcome = await self._permissions.account_updated(event)
                case _:
                    outcome = EventOutcome.RECORDED
        except asyncio.CancelledError:
            outcome = None if isinstance(event, _NEVER_LOST) else EventOutcome.HANDLED
            raise
        except Exception as error:
            if isinstance(error, StoreUnavailable) and isinstance(event, _NEVER_LOST):
                # whoever looks for unfinished events takes it up again
                outcome = None
            # the text of a foreign exception may carry what must not be logged
            _log.error(
                "An event could not be worked on.",
                extra={"action": "event-failed", "kind": event.kind, "error": type(error).__name__},
            )
        finally:
            if outcome is not None:
                self._metrics.event_settled(event.kind, outcome)
                await asyncio.shield(self._settle(event_id, outcome, call_id))

    async def _settle(self, event_id: str, outcome: EventOutcome, call_id: CallId | None) -> None:
        try:
            await self._store.settle_event(event_id, outcome, call_id)
        except Exception as error:
            _log.warning(
                "An event's outcome could not be written.",
                extra={"action": "settle-failed", "error": type(error).__name__},
            )

    # --- Meta's end of a call ---

    async def _peer_hung_up(self, event: PeerHungUp) -> tuple[EventOutcome, CallId]:
        call = await self._linker.locate(event)
        if call is None:
            tombstone = self._tombstone(event)
            if await self._store.claim_call(tombstone) is not None:
                return EventOutcome.HANDLED, tombstone.id
            # its `connect` was being claimed just now
            call = await self._store.find_call(event.wacid)
            if call is None:
                return EventOutcome.FAILED, tombstone.id
        answered_at = call.answered_at or self._answered_at(event)
        ended = await self._ender.end(
            call,
            hangup_reason(event, call.direction, answered=answered_at is not None),
            by_peer=True,
            ended_at=self._ended_at(event, answered_at),
            answered_at=answered_at,
        )
        if ended is None:
            return EventOutcome.DUPLICATE, call.id
        await self._stop_setup(event.wacid)
        await self._ender.release(ended)
        return EventOutcome.HANDLED, call.id

    def _tombstone(self, event: PeerHungUp) -> Call:
        """An ended row for a call that we never saw begin: a later `connect` finds it taken."""
        now = self._clock()
        answered_at = self._answered_at(event)
        ended_at = self._ended_at(event, answered_at)
        direction = event.direction or Direction.INBOUND
        reason = hangup_reason(event, direction, answered=answered_at is not None)
        return Call(
            id=CallId(str(uuid.uuid4())),
            wacid=event.wacid,
            direction=direction,
            status=Termination.of(reason, answered=answered_at is not None).status,
            phone_number_id=self._phone_number_id,
            party=event.party,
            created_at=min(now, answered_at or ended_at),
            answered_at=answered_at,
            ended_at=ended_at,
            end_reason=reason,
            ended_by_peer=True,
            released_at=now,
        )

    def _answered_at(self, event: PeerHungUp) -> datetime | None:
        """When Meta says the call was picked up; its word on a call whose `accept` we lost."""
        if not event.was_answered:
            return None
        ended_at = self._ended_at(event, None)
        lasted = timedelta(seconds=event.duration_s or 0)
        return min(event.started_at or ended_at - lasted, ended_at)

    def _ended_at(self, event: PeerHungUp, answered_at: datetime | None) -> datetime:
        now = self._clock()
        theirs = event.ended_at or event.timestamp or now
        if abs(now - theirs) < _CLOCK_GRAIN or theirs > now:
            return now
        return max(theirs, answered_at) if answered_at is not None else theirs

    async def _let_pass(self, earlier: asyncio.Task[None] | None) -> None:
        """Wait, within bounds, for an event of the same call that came first to be worked on."""
        if earlier is not None:
            await asyncio.wait({earlier}, timeout=_CANCEL_WAIT_S)

    async def _stop_setup(self, wacid: WhatsAppCallId) -> None:
        task = self._setups.get(wacid)
        if task is None:
            return
        task.cancel()
        await asyncio.wait({task}, timeout=_CANCEL_WAIT_S)

    # --- tasks ---

    async def drain(self, timeout_s: float) -> None:
        """Let what is being worked on finish, for at most `timeout_s`."""
        self.draining = True
        await self._tasks.drain(timeout_s)

    async def close(self) -> None:
        """Cancel what is left; the rows' deadlines see to the rest."""
        await self._tasks.close()


def hangup_reason(event: PeerHungUp, direction: Direction, *, answered: bool) -> EndReason:
    """Say why Meta ended the call: by its error codes first, its status word last."""
    if event.errors:
        return _PEER_FAULTS.get(event.errors[0].code, EndReason.PEER_FAILED)
    if event.status is HangupStatus.FAILED and not answered:
        return EndReason.PEER_FAILED
    if direction is Direction.OUTBOUND and not answered:
        return EndReason.NOT_ANSWERED
    return EndReason.CALLER_HANGUP


def without_offers(events: Sequence[WebhookEvent]) -> list[WebhookEvent]:
    """Return the events that a draining process still works on."""
    return [event for event in events if not isinstance(event, OfferReceived)]
