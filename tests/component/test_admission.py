"""More calls than can be taken: some are answered, the others are told so at once."""

import asyncio
import contextlib
import time
from collections.abc import Callable, Sequence

import aiohttp
import pytest

from shared.call.call import CallStatus, EndReason
from simulators.meta.calls.user_call import SimulatedCall
from simulators.meta.people.call_plan import CallPlan
from simulators.meta.webhooks.calls import SIGNATURE_HEADER, Caller, sign
from tests.component.bench import APP_SECRET, Bench, MakeBench, actions, ended_as
from tests.eventually import eventually
from tests.pace import watched_pace
from wacall.bench.webhooks import message_status

pytestmark = pytest.mark.full_speed

_BURST = 24
# What a refusal may wait for besides its half second for a place: twice as many exchanges with the
# database as it has, and one with Meta. `make bench` says how soon it comes on a quiet machine.
_WAITS_FOR_A_PLACE_S, _EXCHANGES = 0.5, 5
_TALK_S = 3.0
# measured, and pion's seven checks
_LIVEKIT_LOOKS_S, _LIVEKIT_LOOKS_EVERY_S = 1.2, 0.2
_MEDIA_S = 9.0
# whoever is admitted is answered, however slow the machine is: Meta's phones ring for 30 s
_PATIENT = {"AGENT_READY_TIMEOUT_S": "18", "SETUP_TIMEOUT_S": "25"}


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
    counts = {line.split('"')[1]: float(line.split()[-1]) for line in lines if name in line}
    return {by: count for by, count in counts.items() if count}


async def slowest_webhook_s(
    bench: Bench, http: aiohttp.ClientSession, *, until: Callable[[], bool]
) -> float:
    """Post one small webhook after the other; return the longest time to a 200."""
    slowest = 0.0
    while not until():
        body = message_status(bench.whatsapp.line)
        headers = {SIGNATURE_HEADER: sign(body, APP_SECRET)}
        began = time.monotonic()
        async with http.post("/wa/webhook", data=body, headers=headers) as response:
            assert response.status == 200
        slowest = max(slowest, time.monotonic() - began)
    return slowest


async def wait_for_media(calls: Sequence[SimulatedCall]) -> None:
    """Let them hear something; who does not is not waited for any longer than calls are."""
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(_MEDIA_S):
            while any(call.timings.first_rtp is None for call in calls):
                await asyncio.sleep(0.05)


async def answer_took_s(bench: Bench, call: SimulatedCall) -> float:
    """Return how long after the offer had gone to LiveKit its answer was with Meta."""
    row = await bench.row(call)
    assert row is not None
    return (row.timings["pre_accept_ms"] - row.timings["agent_ms"]) / 1000


async def requests_for(http: aiohttp.ClientSession, action: str) -> int:
    """Return how often the database was asked for this."""
    async with http.get("/metrics") as response:
        lines = (await response.text()).splitlines()
    name = "whatsapp_upstream_seconds_count{"
    found = [line for line in lines if line.startswith(name) and f'"{action}"' in line]
    return sum(int(float(line.split()[-1])) for line in found)


async def test_a_burst_is_answered_or_refused_and_nobody_is_cut(
    make_bench: MakeBench, http: aiohttp.ClientSession
) -> None:
    """24 offers at once: no phone rings in vain, and a refusal costs no more than a few webhooks.

    How long those take is told by this run itself: the machine may be busy with anything.
    """
    bench = await make_bench(**_PATIENT)
    with watched_pace() as pace:
        calls = await asyncio.gather(
            *(bench.whatsapp.call(CallPlan(caller=caller(number))) for number in range(_BURST))
        )
        async with asyncio.timeout(30):
            slowest_s = await slowest_webhook_s(
                bench, http, until=lambda: all(map(is_decided, calls))
            )
        answered = [call for call in calls if "accept" in actions(call)]
        await wait_for_media(answered)
    refused = [call for call in calls if call not in answered]

    assert answered
    assert refused
    for call in refused:
        assert actions(call) == ["reject"]
        assert took_s(call, "reject") < _WAITS_FOR_A_PLACE_S + _EXCHANGES * slowest_s
        ended_as(await bench.until_released(call), CallStatus.REJECTED, EndReason.BUSY)
    assert await refused_by(http) == {"setups": len(refused)}
    # their rows are written together, so that the last one waits no longer than the first
    assert await requests_for(http, "claim_refused_calls") <= len(refused) / 2
    async with http.get("/readyz") as response:
        assert response.status == 200
        assert "admission" in (await response.json())["problems"]

    # LiveKit looks for a phone for a while after the offer, and a phone answers once it has our
    # answer: on a machine too slow for that a call has no media, whoever answers it
    heard = [call for call in answered if call.timings.first_rtp is not None]
    for call in answered:
        if call not in heard and pace.longest_stall_s < _LIVEKIT_LOOKS_EVERY_S:
            assert await answer_took_s(bench, call) > _LIVEKIT_LOOKS_S
    await asyncio.sleep(_TALK_S)
    assert [call.end for call in heard] == [None] * len(heard)
    for call in heard:
        row = await bench.row(call)
        assert row is not None
        assert row.status is CallStatus.ACTIVE
        call.hang_up()
        await call.ended(30)
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
    """The second call is rejected sooner than one is answered; its row says why."""
    bench = await make_bench(**{variable: "1"})
    first = await bench.whatsapp.call(CallPlan(caller=caller(callers[0])))
    await first.accepted(30)
    second = await bench.whatsapp.call(CallPlan(caller=caller(callers[1])))
    await second.ended(30)

    assert took_s(second, "reject") < took_s(first, "accept")
    row = await bench.until_released(second)
    ended_as(row, CallStatus.REJECTED, reason)
    assert await refused_by(http) == {by: 1}
    assert first.end is None
    first.hang_up()
    await first.ended(30)
    await bench.until_released(first)
    third = await bench.whatsapp.call(CallPlan(caller=caller(callers[0])))
    if variable.endswith("_PER_HOUR"):
        await third.ended(30)
        ended_as(await bench.until_released(third), CallStatus.REJECTED, reason)
    else:
        await third.accepted(30)


async def test_other_people_are_not_concerned_by_one_persons_calls(make_bench: MakeBench) -> None:
    """A ceiling per caller refuses nobody else."""
    bench = await make_bench(MAX_CALLS_PER_CALLER="1", MAX_CALLS_PER_CALLER_PER_HOUR="1")
    for number in (1, 2):
        call = await bench.whatsapp.call(CallPlan(caller=caller(number)))
        await call.accepted(30)


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
