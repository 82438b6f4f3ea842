"""One question for all who ask at the same time."""

import asyncio

import pytest

from controlplane.http.readiness import Readiness
from shared.call.errors import StoreUnavailable


class Neighbour:
    """Counts how often it is asked; answers once it may."""

    def __init__(self) -> None:
        self.asked, self.under_way = 0, asyncio.Event()
        self.may_answer = asyncio.Event()
        self.error: Exception | None = None

    async def ping(self) -> None:
        self.asked += 1
        self.under_way.set()
        await self.may_answer.wait()
        if self.error is not None:
            raise self.error


async def test_all_who_ask_at_once_get_the_answer_to_one_question() -> None:
    """Thousands ask; the neighbour hears of it once, also while the answer is fresh."""
    neighbour = Neighbour()
    neighbour.error = StoreUnavailable()
    readiness = Readiness({"database": neighbour.ping}, fresh_s=60)
    asking = [asyncio.create_task(readiness.problems()) for _ in range(2000)]
    await neighbour.under_way.wait()
    neighbour.may_answer.set()
    answers = await asyncio.gather(*asking)
    assert all(answer == {"database": str(StoreUnavailable())} for answer in answers)
    assert set(await readiness.problems()) == {"database"}
    assert neighbour.asked == 1
    await readiness.close()


async def test_who_stops_waiting_takes_no_answer_from_others() -> None:
    """Whoever asked first goes away; the question goes on for the next one, and is asked once."""
    neighbour = Neighbour()
    readiness = Readiness({"database": neighbour.ping})
    first = asyncio.create_task(readiness.problems())
    await neighbour.under_way.wait()
    second = asyncio.create_task(readiness.problems())
    first.cancel()
    with pytest.raises(asyncio.CancelledError):
        await first
    neighbour.may_answer.set()
    assert await second == {}
    assert neighbour.asked == 1
    await readiness.close()


async def test_an_old_answer_is_asked_for_anew() -> None:
    """Every question after the time that an answer is good for is a new one."""
    neighbour = Neighbour()
    neighbour.may_answer.set()
    readiness = Readiness({"database": neighbour.ping}, fresh_s=0)
    assert await readiness.problems() == {}
    neighbour.error = RuntimeError("odd")
    assert await readiness.problems() == {"database": "RuntimeError"}
    assert neighbour.asked == 2
    await readiness.close()


async def test_a_silent_neighbour_is_missing_within_the_bound() -> None:
    """The others are named no later for it."""
    silent, well = Neighbour(), Neighbour()
    well.may_answer.set()
    readiness = Readiness({"livekit": silent.ping, "database": well.ping}, within_s=0.05)
    async with asyncio.timeout(5):
        assert await readiness.problems() == {"livekit": "TimeoutError"}
    await readiness.close()
