"""A control plane whose machine's clock is wrong: calls are answered all the same."""

import re
from collections.abc import Callable
from datetime import datetime, timedelta

import aiohttp
import pytest

from controlplane.use_cases.meta_clock import wall_clock
from shared.call.call import CallStatus, EndReason
from simulators.meta.people.call_plan import CallPlan
from tests.component.bench import MakeBench, ended_as

MINUTE = timedelta(minutes=1)


def shifted(seconds: float) -> Callable[[], datetime]:
    """A machine's clock that is ahead by so much, or behind."""
    return lambda: wall_clock() + timedelta(seconds=seconds)


@pytest.mark.parametrize("off_s", [25, -25, 26, 3600, -3600])
async def test_calls_are_answered_whatever_our_clock_shows(
    make_bench: MakeBench, http: aiohttp.ClientSession, off_s: int
) -> None:
    """The row has the true times, and whoever asks is told that the clock is wrong."""
    bench = await make_bench(wall=shifted(off_s))
    call = await bench.whatsapp.call()
    await call.accepted(30)
    await bench.until(call, lambda found: found.status is CallStatus.ACTIVE)
    call.hang_up()
    await call.ended(30)
    row = await bench.until_released(call)
    ended_as(row, CallStatus.COMPLETED, EndReason.CALLER_HANGUP)
    for moment in (row.created_at, row.answered_at, row.ended_at):
        assert moment is not None
        assert abs(moment - wall_clock()) < MINUTE
    async with http.get("/readyz") as response:
        assert response.status == 200
        problem = (await response.json())["problems"]["clock"]
    said = re.search(r"is (\d+) s (ahead of|behind) Meta's", problem)
    assert said is not None
    assert abs(int(said[1]) - abs(off_s)) <= 1
    assert said[2] == ("ahead of" if off_s > 0 else "behind")


@pytest.mark.parametrize("off_s", [25, -25])
async def test_a_late_offer_is_late_whatever_our_clock_shows(
    make_bench: MakeBench, off_s: int
) -> None:
    """A clock that is behind does not make it young."""
    bench = await make_bench(wall=shifted(off_s))
    call = await bench.whatsapp.call(CallPlan(age_s=40))
    assert await bench.until_settled("connect", 1) == ["stale"]
    ended_as(await bench.until_released(call), CallStatus.NO_ANSWER, EndReason.STALE_OFFER)
    assert [request.action for request in call.requests] == ["reject"]
