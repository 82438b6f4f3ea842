"""More calls than can be taken: some are answered in time, the others are told so at once."""

import asyncio

import aiohttp
import pytest

from shared.call.call import CallStatus, EndReason
from simulators.meta.calls.user_call import SimulatedCall
from simulators.meta.people.call_plan import CallPlan
from simulators.meta.webhooks.calls import Caller
from tests.component.bench import Bench, MakeBench, actions, ended_as
from tests.eventually import eventually

pytestmark = pytest.mark.full_speed

_BURST = 24
# Meta is to see the `reject` within a second of its webhook. Here 24 phones, Meta and the control
# plane share one event loop, on two processors with the SFU, the database and the agents, and with
# whatever else runs there: storing the webhooks alone took half a second under such a load. Without
# a refusal they ring for 20 s and more.
_REFUSED_WITHIN_S = 3.0
# of the bench: AGENT_READY_TIMEOUT_S is 5; a set-up has WHIP and two requests to Graph besides
_ANSWERED_WITHIN_S = 8.0
_TALK_S = 3.0


def caller(number: int) -> Caller:
    """Somebody else each time."""
    phone = f"1555010{number:04}"
    return Caller(phone=phone, name=f"Caller {number}", user_id=f"US.77{number:04}")


def took_s(call: SimulatedCall, action: str) -> float:
    """Seconds from the webhook to the first such request of the business."""
    sent = call.timings.webhook_sent
    (first, *_) = [request for request in call.requests if request.action == action]
    assert sent is not None
    return first.received_at - sent


def is_decided(call: SimulatedCall) -> bool:
    return call.timings.accept_answered is not None or call.end is not None


async def refused_by(http: aiohttp.ClientSession) -> dict[str, float]:
    """What the metrics say refused calls."""
    async with http.get("/metrics") as response:
        lines = (await response.text()).splitlines()
    name = "whatsapp_calls_refused_total{"
    return {line.split('"')[1]: float(line.split()[-1]) for line in lines if line.startswith(name)}


async def test_a_burst_is_answered_in_time_or_refused_within_a_second(
    bench: Bench, http: aiohttp.ClientSession
) -> None:
    """24 offers at once: nobody rings in vain, nobody who was answered is cut."""
    calls = await asyncio.gather(
        *(bench.whatsapp.call(CallPlan(caller=caller(number))) for number in range(_BURST))
    )
    await eventually(lambda: all(map(is_decided, calls)), 20)
    answered = [call for call in calls if "accept" in actions(call)]
    refused = [call for call in calls if call not in answered]

    assert answered
    assert refused
    assert all(took_s(call, "accept") < _ANSWERED_WITHIN_S for call in answered)
    for call in refused:
        assert actions(call) == ["reject"]
        assert took_s(call, "reject") < _REFUSED_WITHIN_S
        ended_as(await bench.until_released(call), CallStatus.REJECTED, EndReason.BUSY)
    assert await refused_by(http) == {"setups": len(refused)}
    async with http.get("/readyz") as response:
        assert response.status == 200
        assert "admission" in (await response.json())["problems"]

    for call in answered:
        await call.phone.wait_agent_speaking(12)
    await asyncio.sleep(_TALK_S)
    assert [call.end for call in answered] == [None] * len(answered)
    for call in answered:
        row = await bench.row(call)
        assert row is not None
        assert row.status is CallStatus.ACTIVE
        call.hang_up()
        await call.ended(12)
        ended_as(await bench.until_released(call), CallStatus.COMPLETED, EndReason.CALLER_HANGUP)
        assert call.violations == []
    assert await bench.until_settled("connect", _BURST) == ["handled"] * _BURST


@pytest.mark.parametrize(
    ("variable", "callers", "reason", "by"),
    [
        ("MAX_CONCURRENT_CALLS", (1, 2), EndReason.BUSY, "ceiling"),
        ("MAX_CALLS_PER_CALLER", (1, 1), EndReason.CALLER_LIMIT, "caller"),
        ("MAX_CALLS_PER_CALLER_PER_HOUR", (1, 1), EndReason.CALLER_LIMIT, "caller"),
    ],
)
async def test_a_call_above_a_ceiling_is_refused(
    make_bench: MakeBench,
    http: aiohttp.ClientSession,
    variable: str,
    callers: tuple[int, int],
    reason: EndReason,
    by: str,
) -> None:
    """The second call is rejected at once, its row says why; the first one goes on."""
    bench = await make_bench(**{variable: "1"})
    first = await bench.whatsapp.call(CallPlan(caller=caller(callers[0])))
    await first.accepted(12)
    second = await bench.whatsapp.call(CallPlan(caller=caller(callers[1])))
    await second.ended(12)

    assert took_s(second, "reject") < _REFUSED_WITHIN_S
    row = await bench.until_released(second)
    ended_as(row, CallStatus.REJECTED, reason)
    assert await refused_by(http) == {by: 1}
    assert first.end is None
    first.hang_up()
    await first.ended(12)
    await bench.until_released(first)
    third = await bench.whatsapp.call(CallPlan(caller=caller(callers[0])))
    if variable.endswith("_PER_HOUR"):
        await third.ended(12)
        ended_as(await bench.until_released(third), CallStatus.REJECTED, reason)
    else:
        await third.accepted(12)


async def test_other_people_are_not_concerned_by_one_persons_calls(make_bench: MakeBench) -> None:
    """A ceiling per caller refuses nobody else."""
    bench = await make_bench(MAX_CALLS_PER_CALLER="1", MAX_CALLS_PER_CALLER_PER_HOUR="1")
    for number in (1, 2):
        call = await bench.whatsapp.call(CallPlan(caller=caller(number)))
        await call.accepted(12)


async def test_a_burst_is_counted_once_by_all_who_claim(make_bench: MakeBench) -> None:
    """Offers that come together do not both take the last place."""
    bench = await make_bench(MAX_CONCURRENT_CALLS="2")
    calls = await asyncio.gather(
        *(bench.whatsapp.call(CallPlan(caller=caller(number))) for number in range(8))
    )
    await eventually(lambda: all(map(is_decided, calls)), 20)
    answered = [call for call in calls if "accept" in actions(call)]
    assert 1 <= len(answered) <= 2
    for call in set(calls) - set(answered):
        assert actions(call) == ["reject"]
