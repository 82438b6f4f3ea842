"""Events of one call under way: one waits for another, or stops it."""

import asyncio
from collections.abc import AsyncIterator

import pytest_asyncio

from controlplane.meta.events import OfferReceived, PeerHungUp
from controlplane.meta.words import HangupStatus
from controlplane.use_cases.in_flight import InFlight
from shared.call.ids import PhoneNumberId, WhatsAppCallId
from shared.call.person import Party, Person
from shared.process.tasks import Tasks

ONE, OTHER = WhatsAppCallId("wacid.ONE"), WhatsAppCallId("wacid.OTHER")
# far longer than any of these takes; whoever waits that long has failed
LONG_S = 30.0


def offer(wacid: WhatsAppCallId = ONE) -> OfferReceived:
    """Somebody calls."""
    return OfferReceived(
        phone_number_id=PhoneNumberId("1"),
        wacid=wacid,
        timestamp=None,
        party=Party(person=Person(phone="15551234567")),
        raw={},
        sdp="",
    )


def hangup(wacid: WhatsAppCallId = ONE) -> PeerHungUp:
    """That call is over."""
    return PeerHungUp(
        phone_number_id=None,
        wacid=wacid,
        timestamp=None,
        party=Party(person=Person(phone="15551234567")),
        raw={},
        status=HangupStatus.COMPLETED,
        direction=None,
        started_at=None,
        ended_at=None,
        duration_s=None,
        errors=(),
    )


class Work:
    """What is done for an event, as far as a test sees it."""

    def __init__(self) -> None:
        """Not begun yet."""
        self.began, self.may_end = asyncio.Event(), asyncio.Event()
        self.ended = ""

    async def run(self) -> None:
        """Work until told that it is enough."""
        self.began.set()
        try:
            await self.may_end.wait()
            self.ended = "finished"
        except asyncio.CancelledError:
            self.ended = "cancelled"
            raise


@pytest_asyncio.fixture
async def tasks() -> AsyncIterator[Tasks]:
    """The keeper of all of a test's tasks."""
    kept = Tasks()
    yield kept
    await kept.close()


async def test_an_event_waits_for_an_earlier_one_of_its_call(tasks: Tasks) -> None:
    """It goes on as soon as that one has been worked on."""
    in_flight, work = InFlight(tasks, patience_s=LONG_S), Work()
    in_flight.spawn(hangup(), work.run())
    waiting = asyncio.create_task(in_flight.wait_for(PeerHungUp, ONE))
    await work.began.wait()
    assert not waiting.done()
    work.may_end.set()
    async with asyncio.timeout(LONG_S / 2):
        await waiting
    assert work.ended == "finished"


async def test_all_earlier_ones_are_waited_for(tasks: Tasks) -> None:
    """RINGING and REJECTED are of one type; the end waits for both, whichever came last."""
    in_flight, first, second = InFlight(tasks, patience_s=LONG_S), Work(), Work()
    in_flight.spawn(hangup(), first.run())
    in_flight.spawn(hangup(), second.run())
    waiting = asyncio.create_task(in_flight.wait_for(PeerHungUp, ONE))
    await second.began.wait()
    second.may_end.set()
    while not second.ended:
        await asyncio.sleep(0)
    assert not waiting.done()
    first.may_end.set()
    async with asyncio.timeout(LONG_S / 2):
        await waiting


async def test_nobody_waits_for_another_type_or_another_call(tasks: Tasks) -> None:
    """Calls do not hold each other up."""
    in_flight = InFlight(tasks, patience_s=LONG_S)
    in_flight.spawn(offer(), Work().run())
    in_flight.spawn(hangup(OTHER), Work().run())
    async with asyncio.timeout(LONG_S / 2):
        await in_flight.wait_for(PeerHungUp, ONE)


async def test_waiting_has_a_bound(tasks: Tasks) -> None:
    """An event that is stuck delays the next one, it does not hold it for ever."""
    in_flight, work = InFlight(tasks, patience_s=0.02), Work()
    in_flight.spawn(hangup(), work.run())
    async with asyncio.timeout(LONG_S):
        await in_flight.wait_for(PeerHungUp, ONE)
    assert not work.ended


async def test_a_set_up_is_stopped_with_whatever_repeats_it(tasks: Tasks) -> None:
    """It has ended when `cancel` returns; a call beside it goes on."""
    in_flight, first, second, beside = InFlight(tasks, patience_s=LONG_S), Work(), Work(), Work()
    in_flight.spawn(offer(), first.run())
    in_flight.spawn(offer(), second.run())
    in_flight.spawn(offer(OTHER), beside.run())
    await beside.began.wait()
    async with asyncio.timeout(LONG_S / 2):
        await in_flight.cancel(OfferReceived, ONE)
    assert (first.ended, second.ended, beside.ended) == ("cancelled", "cancelled", "")


async def test_what_has_been_worked_on_is_forgotten(tasks: Tasks) -> None:
    """Neither waiting nor stopping finds anything then, and the next event begins anew."""
    in_flight, first, second = InFlight(tasks, patience_s=LONG_S), Work(), Work()
    in_flight.spawn(offer(), first.run())
    first.may_end.set()
    await in_flight.wait_for(OfferReceived, ONE)
    await in_flight.cancel(OfferReceived, ONE)
    in_flight.spawn(offer(), second.run())
    await second.began.wait()
    await in_flight.cancel(OfferReceived, ONE)
    assert (first.ended, second.ended) == ("finished", "cancelled")
