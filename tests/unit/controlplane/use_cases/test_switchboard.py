"""Which events are worked on, how often, and what is left open while the database is away."""

import asyncio
import dataclasses
import time
from collections.abc import Sequence
from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any, cast

import pytest

from controlplane.meta.events import OfferReceived, PeerHungUp, WebhookEvent
from controlplane.meta.words import HangupStatus
from controlplane.use_cases.hanging_up import PeerHangup
from controlplane.use_cases.inbound import CallAnswerer
from controlplane.use_cases.line_watches import LineWatches
from controlplane.use_cases.linking import CallLinker
from controlplane.use_cases.neighbours import Neighbours
from controlplane.use_cases.outbox import Outbox
from controlplane.use_cases.permissions import Permissions
from controlplane.use_cases.switchboard import Switchboard
from controlplane.use_cases.wishes import Wishes
from shared.call.errors import StoreUnavailable
from shared.call.ids import CallId, PhoneNumberId, WhatsAppCallId
from shared.call.person import Party
from shared.call.records import EventOutcome, EventRecord, Settled
from shared.database.faults import AccessDenied
from shared.process.tasks import Tasks

OFFER = OfferReceived(
    phone_number_id=PhoneNumberId("1"),
    wacid=WhatsAppCallId("wacid.TEST"),
    timestamp=None,
    party=Party(),
    raw={},
    sdp="",
)
HANGUP = PeerHungUp(
    phone_number_id=None,
    wacid=OFFER.wacid,
    timestamp=None,
    party=Party(),
    raw={"at": 1},
    status=HangupStatus.COMPLETED,
    direction=None,
    started_at=None,
    ended_at=None,
    duration_s=None,
    errors=(),
)
CALL = CallId("6f9c0a5e-0000-4000-8000-000000000001")


class Neighbourhood:
    """A database whose writes may fail, an answerer that takes its time, and who counts."""

    def __init__(self, *, answers: list[Exception] | None = None) -> None:
        self.settled: list[tuple[str, Settled]] = []
        self.rows: list[EventRecord] = []
        self.linked: list[tuple[WhatsAppCallId, CallId]] = []
        self.may_store = asyncio.Event()
        self.may_store.set()
        self.refusals: list[Exception] = []
        self.answered = self.hung_up = 0
        self.go_on = asyncio.Event()
        self._errors = answers or []

    @property
    def stored(self) -> int:
        return len(self.rows)

    async def add_events(self, events: Sequence[EventRecord]) -> None:
        await self.may_store.wait()
        if self.refusals:
            raise self.refusals.pop(0)
        self.rows += events

    async def settle_event(self, event_id: str, settled: Settled) -> None:
        self.settled.append((event_id, settled))

    async def link_duplicates(self, wacid: WhatsAppCallId, call_id: CallId) -> None:
        self.linked.append((wacid, call_id))

    def event_settled(self, *_: Any) -> None:
        """Count."""

    async def answer(self, _event: Any, _received: float) -> Settled:
        self.answered += 1
        if self._errors:
            raise self._errors.pop(0)
        await self.go_on.wait()
        return Settled(EventOutcome.HANDLED, CALL)

    async def handle(self, _event: Any, _stop_setup: Any) -> Settled:
        self.hung_up += 1
        await self.go_on.wait()
        return Settled(EventOutcome.HANDLED, CALL)


def board_over(around: Neighbourhood, tasks: Tasks) -> Switchboard:
    near = SimpleNamespace(
        store=around,
        metrics=around,
        clock=lambda: datetime.now(UTC),
        meta_clock=None,
        lines=SimpleNamespace(serves=lambda number: number == "1", find=lambda _: None),
    )
    return Switchboard(
        cast(Neighbours, near),
        answerer=cast(CallAnswerer, around),
        linker=cast(CallLinker, None),
        hangup=cast(PeerHangup, around),
        permissions=cast(Permissions, None),
        line_watch=cast(LineWatches, None),
        wishes=cast(Wishes, None),
        outbox=cast(Outbox, None),
        tasks=tasks,
    )


async def test_an_event_that_is_worked_on_is_not_taken_up_beside_it() -> None:
    """The sweeper finds it open after two seconds; another of the same call is another event."""
    around, tasks = Neighbourhood(), Tasks()
    board = board_over(around, tasks)
    for event_id in ("a", "a", "b"):
        board.resume(OFFER, event_id, time.monotonic())
    around.go_on.set()
    await tasks.drain(5)

    assert around.answered == 2
    assert sorted(event_id for event_id, _ in around.settled) == ["a", "b"]
    board.resume(OFFER, "a", time.monotonic())
    await tasks.drain(5)
    assert around.answered == 3


async def test_an_event_stays_open_while_the_database_is_away() -> None:
    """Whoever looks for open events takes it up again."""
    around, tasks = Neighbourhood(answers=[StoreUnavailable()]), Tasks()
    board_over(around, tasks).resume(OFFER, "a", time.monotonic())
    await tasks.drain(5)
    assert around.settled == []


async def test_any_other_error_settles_an_event() -> None:
    """What failed once for a reason of its own is not tried for ever."""
    around, tasks = Neighbourhood(answers=[ValueError()]), Tasks()
    board_over(around, tasks).resume(OFFER, "a", time.monotonic())
    await tasks.drain(5)
    assert around.settled == [("a", Settled(EventOutcome.FAILED))]


async def test_what_could_not_be_stored_is_kept_and_worked_on() -> None:
    """Meta is told so all the same: it sends the webhook again in its own time."""
    around, tasks = Neighbourhood(), Tasks()
    around.refusals = [StoreUnavailable(), StoreUnavailable()]
    around.go_on.set()
    with pytest.raises(StoreUnavailable):
        await board_over(around, tasks).receive([OFFER], time.monotonic())
    await tasks.drain(5)

    assert (around.stored, around.answered) == (1, 1)


async def test_only_so_much_is_kept() -> None:
    """Memory is not for what a database holds."""
    around, tasks = Neighbourhood(), Tasks()
    board = board_over(around, tasks)
    around.refusals = [StoreUnavailable() for _ in range(1000)]
    for _ in range(150):
        with pytest.raises(StoreUnavailable):
            await board.receive([OFFER], time.monotonic())
    around.refusals.clear()
    around.go_on.set()
    await tasks.drain(10)

    assert around.stored == 100


COPIED = pytest.mark.parametrize("event", [OFFER, HANGUP], ids=["connect", "terminate"])


async def receive_copies(board: Switchboard, event: WebhookEvent, count: int) -> list[object]:
    copies = [dataclasses.replace(event) for _ in range(count)]
    received = time.monotonic()
    return await asyncio.gather(
        *(board.receive([copy], received) for copy in copies), return_exceptions=True
    )


@COPIED
async def test_copies_of_what_is_worked_on_are_rows_and_no_work(event: WebhookEvent) -> None:
    """50 copies while the first one is under way: one is worked on, 50 are stored."""
    around, tasks = Neighbourhood(), Tasks()
    board = board_over(around, tasks)
    await board.receive([event], time.monotonic())
    await receive_copies(board, event, 49)
    around.go_on.set()
    await tasks.drain(5)

    assert around.answered + around.hung_up == 1
    assert [row.outcome for row in around.rows] == [None, *[EventOutcome.DUPLICATE] * 49]
    assert around.settled == [(around.rows[0].id, Settled(EventOutcome.HANDLED, CALL))]
    assert around.linked == [(event.wacid, CALL)]


@COPIED
async def test_copies_that_come_together_wait_for_the_first_one(event: WebhookEvent) -> None:
    """None is acknowledged, or known to be a copy, before the first one's row is there."""
    around, tasks = Neighbourhood(), Tasks()
    around.may_store.clear()
    board = board_over(around, tasks)
    receiving = asyncio.create_task(receive_copies(board, event, 50))
    await asyncio.sleep(0)
    await asyncio.sleep(0.2)  # longer than a slow request keeps others from going beside it
    assert not receiving.done()
    around.may_store.set()
    assert await receiving == [None] * 50
    around.go_on.set()
    await tasks.drain(5)

    assert around.answered + around.hung_up == 1
    assert around.stored == 50
    assert len(around.settled) == 1


@COPIED
async def test_copies_share_what_the_first_one_could_not_be_stored_for(event: WebhookEvent) -> None:
    """Meta is told 200 for none of them; what comes later is a first one again."""
    around, tasks = Neighbourhood(), Tasks()
    around.may_store.clear()
    # not away, so that nothing is kept for later: the database refuses
    around.refusals = [AccessDenied() for _ in range(50)]
    board = board_over(around, tasks)
    receiving = asyncio.create_task(receive_copies(board, event, 50))
    await asyncio.sleep(0.05)
    around.may_store.set()
    told = await receiving
    assert {type(error) for error in told} == {AccessDenied}
    assert len(around.refusals) == 49

    around.refusals.clear()
    around.go_on.set()
    await board.receive([event], time.monotonic())
    await tasks.drain(5)
    assert around.answered + around.hung_up == 1


async def test_a_copy_after_a_failure_is_worked_on_again() -> None:
    """What came of the first one is no answer to the call: the next copy gets its chance."""
    around, tasks = Neighbourhood(answers=[ValueError()]), Tasks()
    board = board_over(around, tasks)
    await board.receive([OFFER], time.monotonic())
    await tasks.drain(5)
    around.go_on.set()
    await board.receive([OFFER], time.monotonic())
    await tasks.drain(5)

    assert [settled.outcome for _, settled in around.settled] == [
        EventOutcome.FAILED,
        EventOutcome.HANDLED,
    ]


async def test_events_of_one_call_that_differ_are_no_copies() -> None:
    """Two hang-ups with different words are two events."""
    around, tasks = Neighbourhood(), Tasks()
    board = board_over(around, tasks)
    for at in (1, 2):
        await board.receive([dataclasses.replace(HANGUP, raw={"at": at})], time.monotonic())
    around.go_on.set()
    await tasks.drain(5)

    assert around.hung_up == 2


async def test_a_copy_that_is_stored_while_others_are_linked_is_linked_too() -> None:
    """Its row was made before the call was known, and written after the others had got theirs."""
    around, tasks = Neighbourhood(), Tasks()
    board = board_over(around, tasks)
    link = around.link_duplicates
    late = asyncio.Event()

    async def link_while_a_copy_is_stored(wacid: WhatsAppCallId, call_id: CallId) -> None:
        await link(wacid, call_id)
        if not late.is_set():
            around.may_store.set()
            await asyncio.wait_for(late.wait(), 5)

    async def receive_late() -> None:
        await board.receive([OFFER], time.monotonic())
        late.set()

    around.link_duplicates = link_while_a_copy_is_stored  # type: ignore[method-assign]
    for _ in range(2):
        await board.receive([OFFER], time.monotonic())
    around.may_store.clear()
    copying = asyncio.create_task(receive_late())
    await asyncio.sleep(0.01)
    around.go_on.set()
    await tasks.drain(5)
    await copying
    assert [(row.outcome, row.call_id) for row in around.rows] == [
        (None, None), (EventOutcome.DUPLICATE, None), (EventOutcome.DUPLICATE, None),
    ]  # fmt: skip
    assert around.linked == [(OFFER.wacid, CALL)] * 2
