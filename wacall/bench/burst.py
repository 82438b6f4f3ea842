"""How many of the calls at the same instant are answered, and how soon the others know.

Phones and OpenAI are the far ends for load: simulators in Python would need more of the processors
for each call than the stack itself.
"""

import asyncio
import time
from collections.abc import Callable, Sequence
from pathlib import Path

from shared.call.call import EndReason
from simulators.meta.calls.user_call import SimulatedCall
from simulators.meta.people.call_plan import CallPlan
from simulators.meta.webhooks.calls import Caller
from wacall.bench.burst_level import BurstLevel
from wacall.bench.far_ends import FarEnds, FarPhone
from wacall.bench.figures import Findings
from wacall.bench.progress import Progress
from wacall.bench.stack import Bench, running

_DECIDED_S = 25.0
"""The set-up's own time limit, and what its end takes."""
_HEARD_S = 15.0
_TALK_S = 3.0
_END_S = 15.0
_LOOK_S = 0.02
_LISTEN_S = 0.2


async def measure_burst(
    directory: Path, findings: Findings, progress: Progress, *, levels: Sequence[int]
) -> None:
    """Let so many people call at once, talk with those who are answered, and hang up.

    Raises:
        ChildFailed: a part did not start.
        FarEndsFailed: a phone could not do what it was told.
    """
    place = directory / "burst"
    async with (
        FarEnds.running(place) as far,
        running(place, lambda what: progress.tell(f"burst: start {what}"), far=far) as bench,
    ):
        for number, calls in enumerate(levels):
            progress.tell(f"{calls} calls at the same instant", number, len(levels))
            if not await bench.settle():
                findings.notes.append(f"{calls} calls came while the stack was still busy.")
            findings.bursts.append(await _burst(bench, calls))
            findings.attempted += calls
    progress.tell("calls at the same instant", len(levels), len(levels))


async def _burst(bench: Bench, count: int) -> BurstLevel:
    calls = await asyncio.gather(
        *(bench.whatsapp.call(CallPlan(caller=_caller(number))) for number in range(count))
    )
    await _until(lambda: all(_is_decided(call) for call in calls), _DECIDED_S)
    answered = [call for call in calls if call.was_answered]
    undecided = [call for call in calls if not _is_decided(call)]
    heard = await _until_heard(answered)
    await asyncio.sleep(_TALK_S)
    # nobody has hung up yet
    cut = sum(call.end is not None for call in answered)
    refused, given_up = [], 0
    for call in calls:
        if call in answered or call in undecided:
            continue
        row = await bench.row_of(call)
        if row is not None and row.end_reason is EndReason.BUSY:
            refused.append(call)
        else:
            given_up += 1
    level = BurstLevel(
        calls=count,
        to_accept=[_after_ms(call, call.timings.accept_answered) for call in answered],
        to_reject=[_after_ms(call, call.timings.ended) for call in refused],
        heard=heard,
        cut=cut,
        given_up=given_up,
        undecided=len(undecided),
    )
    for call in calls:
        call.hang_up()
    await asyncio.gather(*(call.ended(_END_S) for call in calls), return_exceptions=True)
    return level


def _caller(number: int) -> Caller:
    return Caller(phone=f"1555010{number:04}", name=f"Caller {number}", user_id=f"US.77{number:04}")


def _is_decided(call: SimulatedCall) -> bool:
    return call.was_answered or call.end is not None


async def _until_heard(calls: Sequence[SimulatedCall]) -> int:
    """Wait until all of them have heard the agent, or are over; return how many have."""
    until = time.monotonic() + _HEARD_S
    while True:
        heard = [call for call in calls if await _has_heard(call)]
        is_settled = all(call in heard or call.end for call in calls)
        if is_settled or time.monotonic() >= until:
            return len(heard)
        await asyncio.sleep(_LISTEN_S)


async def _has_heard(call: SimulatedCall) -> bool:
    phone = call.phone
    return isinstance(phone, FarPhone) and (await phone.look()).audible_ms is not None


def _after_ms(call: SimulatedCall, at: float | None) -> float:
    sent = call.timings.webhook_sent
    return (at - sent) * 1000 if at is not None and sent is not None else float("inf")


async def _until(is_so: Callable[[], bool], within_s: float) -> None:
    until = time.monotonic() + within_s
    while not is_so() and time.monotonic() < until:
        await asyncio.sleep(_LOOK_S)
