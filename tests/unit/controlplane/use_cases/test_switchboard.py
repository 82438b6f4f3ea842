"""Which events are worked on, how often, and what is left open while the database is away."""

import asyncio
import time
from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any, cast

import pytest

from controlplane.meta.events import OfferReceived
from controlplane.use_cases.hanging_up import PeerHangup
from controlplane.use_cases.inbound import CallAnswerer
from controlplane.use_cases.line_watch import LineWatch
from controlplane.use_cases.linking import CallLinker
from controlplane.use_cases.neighbours import Neighbours
from controlplane.use_cases.permissions import Permissions
from controlplane.use_cases.switchboard import Switchboard
from controlplane.use_cases.wishes import Wishes
from shared.call.errors import StoreUnavailable
from shared.call.ids import PhoneNumberId, WhatsAppCallId
from shared.call.person import Party
from shared.call.records import EventOutcome, Settled
from shared.process.tasks import Tasks

OFFER = OfferReceived(
    phone_number_id=PhoneNumberId("1"),
    wacid=WhatsAppCallId("wacid.TEST"),
    timestamp=None,
    party=Party(),
    raw={},
    sdp="",
)


class Neighbourhood:
    """A database whose writes may fail, an answerer that takes its time, and who counts."""

    def __init__(self, *, answers: list[Exception] | None = None) -> None:
        self.settled: list[tuple[str, Settled]] = []
        self.stored = 0
        self.refusals: list[Exception] = []
        self.answered = 0
        self.go_on = asyncio.Event()
        self._errors = answers or []

    async def add_events(self, _: Any) -> None:
        if self.refusals:
            raise self.refusals.pop(0)
        self.stored += 1

    async def settle_event(self, event_id: str, settled: Settled) -> None:
        self.settled.append((event_id, settled))

    def event_settled(self, *_: Any) -> None:
        """Count."""

    async def answer(self, _event: Any, _received: float) -> Settled:
        self.answered += 1
        if self._errors:
            raise self._errors.pop(0)
        await self.go_on.wait()
        return Settled(EventOutcome.HANDLED)


def board_over(around: Neighbourhood, tasks: Tasks) -> Switchboard:
    near = SimpleNamespace(
        store=around, metrics=around, clock=lambda: datetime.now(UTC), meta_clock=None
    )
    return Switchboard(
        cast(Neighbours, near),
        answerer=cast(CallAnswerer, around),
        linker=cast(CallLinker, None),
        hangup=cast(PeerHangup, None),
        permissions=cast(Permissions, None),
        line_watch=cast(LineWatch, None),
        wishes=cast(Wishes, None),
        tasks=tasks,
        phone_number_id=PhoneNumberId("1"),
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
