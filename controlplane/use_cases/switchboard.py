"""Hand every event to the use case that it is for, and note what became of it.

A process holds a task for the set-up of a call that it claimed, never the truth about it.
"""

import asyncio
import logging
from collections.abc import Coroutine, Sequence
from datetime import datetime
from typing import Any

from controlplane.core.errors import Draining
from controlplane.meta.code_table import known_as
from controlplane.meta.events import (
    AccountUpdated,
    AnswerReceived,
    CallStatusChanged,
    IdentityChanged,
    MessageFailed,
    MessageTaken,
    OfferReceived,
    PeerHungUp,
    PermissionReplied,
    PreferenceChanged,
    ReportedError,
    TextReceived,
    Unrecognized,
    WebhookEvent,
)
from controlplane.meta.keeping import text_decides, what_to_keep
from controlplane.use_cases.claims import Claims
from controlplane.use_cases.copies import Copies
from controlplane.use_cases.hanging_up import PeerHangup
from controlplane.use_cases.in_flight import InFlight
from controlplane.use_cases.inbound import CallAnswerer
from controlplane.use_cases.intake import Intake
from controlplane.use_cases.line_watches import LineWatches
from controlplane.use_cases.linking import CallLinker
from controlplane.use_cases.neighbours import Neighbours
from controlplane.use_cases.outbox import Outbox
from controlplane.use_cases.patience import is_away, until_stored
from controlplane.use_cases.permissions import Permissions
from controlplane.use_cases.wishes import Wishes
from shared.call.call import Call
from shared.call.errors import CallNotFound, StoreUnavailable, WacallError
from shared.call.ids import CallId, WhatsAppCallId
from shared.call.records import EventOutcome, EventRecord, EventSource, Settled
from shared.process.logs import without_text
from shared.process.tasks import Tasks

_log = logging.getLogger(__name__)

# What a person or Meta allows or forbids is written sooner or later; a call's moment passes.
_NEVER_LOST = (
    PermissionReplied,
    TextReceived,
    IdentityChanged,
    PreferenceChanged,
    MessageFailed,
    MessageTaken,
    AccountUpdated,
)

# While the database is away: how long an event is tried at once, and how long one that could not
# even be stored is kept, and how many webhooks of them.
_TRY_S, _KEEP_S, _MAX_KEPT = 30.0, 60.0, 100

_Pair = tuple[WebhookEvent, EventRecord]


class Switchboard:
    """Runs the use cases; one per process."""

    def __init__(
        self,
        near: Neighbours,
        *,
        answerer: CallAnswerer,
        linker: CallLinker,
        hangup: PeerHangup,
        permissions: Permissions,
        line_watch: LineWatches,
        wishes: Wishes,
        outbox: Outbox,
        tasks: Tasks,
    ) -> None:
        """Take the use cases, and the keeper of set-ups' tasks."""
        self._store = near.store
        self._answerer = answerer
        self._linker = linker
        self._hangup = hangup
        self._permissions = permissions
        self._line_watch = line_watch
        self._wishes = wishes
        self._outbox = outbox
        self._metrics = near.metrics
        self._lines = near.lines
        self._clock = near.clock
        self._meta_clock = near.meta_clock
        self._tasks = tasks
        self._in_flight = InFlight(tasks)
        self._kept = 0
        self._working: set[str] = set()
        self._intake = Intake(near.store.add_events, tasks=tasks)
        self._claims = Claims()
        self._copies = Copies()
        self._unlinked: set[WhatsAppCallId] = set()
        """Of these calls there are duplicates whose rows do not name the call yet."""
        self.draining = False

    # --- in ---

    async def receive(self, events: Sequence[WebhookEvent], received: float) -> None:
        """Store a webhook's events, then start to work on them. Returns once they are stored.

        Raises:
            StoreUnavailable: nothing was stored; Meta has to send the webhook again.
            Draining: offers among them were left to another replica; all others were taken.
        """
        if newest := max(filter(None, (event.timestamp for event in events)), default=None):
            self._meta_clock.told(newest, received)
        taken = [
            event for event in events if not (self.draining and isinstance(event, OfferReceived))
        ]
        await self._take(taken, received)
        if len(taken) < len(events):
            # Meta repeats at once what is not taken: another replica can still answer the call
            raise Draining

    async def _take(self, events: Sequence[WebhookEvent], received: float) -> None:
        await self._copies.wait(events)
        now = self._clock()
        pairs = [(event, self._record(event, now)) for event in events]
        try:
            with self._copies.storing([event for event, row in pairs if row.outcome is None]):
                await self._intake.add([record for _, record in pairs])
                self._begin(pairs, received)
        except CallNotFound:
            # a call that was known has been erased since; now it is not known any more
            self._claims.forget(event.wacid for event in events)
            await self._take(events, received)
        except StoreUnavailable as error:
            if is_away(error) and self._kept < _MAX_KEPT:
                self._kept += 1
                self._tasks.spawn(self._take_later(pairs, received))
            raise

    async def _take_later(self, pairs: Sequence[_Pair], received: float) -> None:
        """Store events as soon as the database is back, and work on them.

        Meta sends again what it was not told 200 for, but in its own time: a call's moment passes.
        """
        try:
            records = [record for _, record in pairs]
            await until_stored(lambda: self._store.add_events(records), within_s=_KEEP_S)
        except (StoreUnavailable, CallNotFound):
            # Meta goes on sending it
            return
        finally:
            self._kept -= 1
        self._begin(pairs, received)

    def _begin(self, pairs: Sequence[_Pair], received: float) -> None:
        for event, record in pairs:
            if record.outcome is None:
                self.resume(event, record.id, received)
            else:
                self._metrics.event_settled(record.kind, record.outcome)
                if record.outcome is EventOutcome.DUPLICATE and record.call_id is None:
                    self._note_copy(event)
            if isinstance(event, (Unrecognized, MessageFailed)) and event.errors:
                # such as 131044: without a payment method Meta lets nobody's call through
                _log.warning(
                    "Meta reports an error that belongs to no call; docs/codes.md says what to do.",
                    extra={
                        "action": "meta-error",
                        "field": event.field if isinstance(event, Unrecognized) else "messages",
                        "codes": ",".join(str(error.code) for error in event.errors),
                        "advice": " ".join(_advice(event.errors)),
                    },
                )

    def resume(
        self, event: WebhookEvent, event_id: str, received: float, *, was_left: bool = False
    ) -> None:
        """Work on a stored event in a task of its own, unless this process does already.

        `was_left`: it was found unsettled; another process may be at it all the same.
        """
        if event_id in self._working:
            return
        self._working.add(event_id)
        self._copies.begin(event)

        def done(task: asyncio.Task[None]) -> None:
            self._working.discard(event_id)
            self._copies.end(event)
            if event.wacid not in self._unlinked or self._copies.has_first(event):
                return
            if task.cancelled():
                self._unlinked.discard(event.wacid)
            else:
                # a copy that was stored after the outcome had been written, and before this
                self._tasks.spawn(self._link_late(event.wacid))

        task = self._in_flight.spawn(
            event, self._work(event, event_id, received, was_left=was_left)
        )
        task.add_done_callback(done)

    def take_over(self, call: Call, event: OfferReceived | AnswerReceived) -> None:
        """Go on with a set-up that another process began with this event, in a task of its own."""
        if isinstance(event, OfferReceived):
            work = self._answerer.resume(call, event)
        else:
            work = self._linker.resume(call, event)
        self._in_flight.spawn(event, self._go_on(work))

    async def _go_on(self, work: Coroutine[Any, Any, Settled]) -> None:
        try:
            await work
        except Exception as error:
            _log.error(
                "A set-up that was taken over could not be gone on with.",
                extra={"action": "takeover-failed", "error": type(error).__name__},
                exc_info=None if isinstance(error, WacallError) else without_text(error),
            )

    def _record(self, event: WebhookEvent, now: datetime) -> EventRecord:
        outcome: EventOutcome | None
        call_id: CallId | None = None
        is_ours = self._is_ours(event)
        decides = is_ours and text_decides(event)
        if not is_ours or (isinstance(event, TextReceived) and not decides):
            outcome = EventOutcome.IGNORED
        elif isinstance(event, Unrecognized):
            outcome = EventOutcome.UNKNOWN
        elif isinstance(event, OfferReceived) and (call_id := self._claims.get(event.wacid)):
            outcome = EventOutcome.DUPLICATE
        elif self._copies.has_first(event):
            outcome = EventOutcome.DUPLICATE
        else:
            outcome = None
        # decided before it is stored: what nobody needs is never written, not even for a moment
        payload = what_to_keep(event, decides=decides, is_ours=is_ours)
        return EventRecord.note(
            EventSource.META,
            event.kind,
            now,
            payload,
            call_id=call_id,
            wacid=event.wacid,
            outcome=outcome,
        )

    def _is_ours(self, event: WebhookEvent) -> bool:
        """Whether a line of ours is meant; one that has gone lately sees its calls to their end."""
        number = event.phone_number_id
        if number is None or self._lines.serves(number):
            return True
        return not isinstance(event, OfferReceived) and self._lines.find(number) is not None

    async def _work(
        self, event: WebhookEvent, event_id: str, received: float, *, was_left: bool
    ) -> None:
        settled: Settled | None = Settled(EventOutcome.FAILED)
        try:
            settled = await self._hand_on(event, event_id, received)
            if isinstance(event, OfferReceived):
                self._claims.learn(event.wacid, settled)
            if was_left and await self._is_anothers(event, settled):
                # whose set-up takes its time: that one settles it, or who takes the set-up over
                settled = None
        except asyncio.CancelledError:
            settled = None if isinstance(event, _NEVER_LOST) else Settled(EventOutcome.HANDLED)
            raise
        except Exception as error:
            if isinstance(error, StoreUnavailable):
                # whoever looks for unfinished events takes it up again
                settled = None
            _log.error(
                "An event could not be worked on.",
                extra={"action": "event-failed", "kind": event.kind, "error": type(error).__name__},
                exc_info=None if isinstance(error, WacallError) else without_text(error),
            )
        finally:
            if settled is not None:
                self._metrics.event_settled(event.kind, settled.outcome, received)
                await self._tasks.to_its_end(self._settle(event, event_id, settled))

    async def _hand_on(self, event: WebhookEvent, event_id: str, received: float) -> Settled:
        """Hand the event to its use case, again and again while the database is away."""
        if isinstance(event, OfferReceived):
            # a `terminate` that came before its `connect` writes its row first: the row decides
            # either way, this spares Meta a `pre_accept` for a call that is over
            await self._in_flight.wait_for(PeerHungUp, event.wacid)
            # it knows better than we do how long the offer is of use
            return await self._answerer.answer(event, received)
        if isinstance(event, PeerHungUp):
            # REJECTED, which comes just before, knows the reason better
            await self._in_flight.wait_for(CallStatusChanged, event.wacid)
        return await until_stored(lambda: self._work_once(event, event_id), within_s=_TRY_S)

    async def _work_once(self, event: WebhookEvent, event_id: str) -> Settled:
        match event:
            case PeerHungUp():
                return await self._hangup.handle(event, self._stop_setup)
            case AnswerReceived():
                return await self._linker.link(event)
            case CallStatusChanged():
                return await self._linker.follow(event)
            case PermissionReplied():
                return Settled(await self._permissions.replied(event, event_id))
            case TextReceived():
                return Settled(await self._wishes.texted(event, event_id))
            case PreferenceChanged():
                return Settled(await self._wishes.preferred(event, event_id))
            case MessageFailed():
                outcome = await self._permissions.failed(event)
                is_text = outcome is EventOutcome.IGNORED
                return Settled(await self._outbox.failed(event) if is_text else outcome)
            case MessageTaken():
                return Settled(await self._outbox.taken(event))
            case IdentityChanged():
                return Settled(await self._permissions.moved(event, event_id))
            case AccountUpdated():
                lines = await self._line_watch.told(event)
                return Settled(await self._permissions.account_updated(event, lines))
            case _:
                return Settled(EventOutcome.RECORDED)

    async def _is_anothers(self, event: WebhookEvent, settled: Settled) -> bool:
        """Whether an event that was found unsettled is a set-up that another process is at."""
        if settled.outcome is not EventOutcome.DUPLICATE or event.wacid is None:
            return False
        call = await self._store.find_call(event.wacid)
        return call is not None and call.setup_owner is not None and not call.status.is_final

    async def _settle(self, event: WebhookEvent, event_id: str, settled: Settled) -> None:
        try:
            await self._store.settle_event(event_id, settled)
            if event.wacid in self._unlinked:
                await self._link_copies(event.wacid, settled.call_id)
        except Exception as error:
            _tell_unsettled(error)

    def _note_copy(self, event: WebhookEvent) -> None:
        """See to it that a duplicate's row names its call, once that is known."""
        if event.wacid is None or event.wacid in self._unlinked:
            return
        self._unlinked.add(event.wacid)
        if not self._copies.has_first(event):
            # that one has been settled while the copy was being stored
            self._tasks.spawn(self._link_late(event.wacid))

    async def _link_late(self, wacid: WhatsAppCallId) -> None:
        try:
            await self._link_copies(wacid, self._claims.get(wacid))
        except Exception as error:
            _tell_unsettled(error)

    async def _link_copies(self, wacid: WhatsAppCallId, call_id: CallId | None) -> None:
        self._unlinked.discard(wacid)
        if call_id is not None:
            await self._store.link_duplicates(wacid, call_id)

    async def _stop_setup(self, wacid: WhatsAppCallId) -> None:
        await self._in_flight.cancel(OfferReceived, wacid)

    # --- tasks ---

    async def drain(self, timeout_s: float) -> None:
        """Let what is being worked on finish, for at most `timeout_s`."""
        self.draining = True
        await self._tasks.drain(timeout_s)

    async def close(self) -> None:
        """Cancel what is left; the rows' deadlines see to the rest."""
        await self._tasks.close()


def _tell_unsettled(error: Exception) -> None:
    _log.warning(
        "An event's outcome could not be written.",
        extra={"action": "settle-failed", "error": type(error).__name__},
    )


def _advice(errors: Sequence[ReportedError]) -> list[str]:
    return [entry.advice for error in errors if (entry := known_as(error.code)) is not None]
