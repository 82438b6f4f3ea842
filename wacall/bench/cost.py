"""What a running call costs: CPU and memory of each part while people talk with the agent."""

import asyncio
import contextlib
import itertools
import time
from collections.abc import AsyncIterator, Sequence

from simulators.meta.calls.user_call import SimulatedCall
from simulators.phone.phone import CallOver
from simulators.phone.recording import Pcm
from simulators.speech import voice
from wacall.bench.calls import CallFailed, answered_and_heard, check, end_call
from wacall.bench.figures import CostLevel, Findings, Usage
from wacall.bench.progress import Progress
from wacall.bench.rtp import RtpWitness
from wacall.bench.stack import Bench
from wacall.stack.process_usage import busy_seconds, cpu_seconds, pss_bytes, tree

LINES = (
    "Hello I have a question about renting a bike.",
    "Sorry one more question do you rent helmets too?",
)
"""The scenario answers each with one sentence."""
_TURN_PAUSE_MS = 700
_PATIENCE_S = 8.0
_REFILL_DEADLINE_S = 20.0
_WARM_UP_S = 3.0
"""The worker starts new idle processes for those that calls took: not part of a running call."""
_LEAST_PACKETS_PER_S = 45.0
"""Of 50: below this, audio did not flow as it has to."""
_LOOK_EVERY_S = 2.0


async def measure_cost(
    bench: Bench,
    findings: Findings,
    progress: Progress,
    witness: RtpWitness,
    *,
    levels: Sequence[int],
    window_s: float,
) -> None:
    """Measure without calls and with each number of calls, in steady talk."""
    lines = [await voice.CALLER.speak(line) for line in LINES]
    # Piper's process is done, and would count as this machine's load
    voice.close()
    for calls in (0, *levels):
        progress.tell(f"cost of {calls} calls")
        await bench.settle()
        async with _talking(bench, findings, witness, calls, lines) as talking:
            if len(talking) == calls:
                findings.costs.append(await _measure(bench, findings, witness, talking, window_s))


@contextlib.asynccontextmanager
async def _talking(
    bench: Bench,
    findings: Findings,
    witness: RtpWitness,
    count: int,
    lines: Sequence[tuple[Pcm, int]],
) -> AsyncIterator[list[SimulatedCall]]:
    """Keep so many calls in conversation; fewer if some could not be had."""
    calls: list[SimulatedCall] = []
    talks: list[asyncio.Task[None]] = []
    try:
        for _ in range(count):
            findings.attempted += 1
            call = await bench.whatsapp.call()
            calls.append(call)
            await answered_and_heard(call)
            talks.append(asyncio.create_task(_talk(call, lines)))
        if count:
            await _worker_refilled(bench, count)
        yield calls
    except CallFailed as failure:
        findings.failures.append(f"One of {count} calls at once: {failure}")
        yield []
    finally:
        for call in calls:
            with contextlib.suppress(CallFailed):
                await end_call(call, witness)
        await asyncio.gather(*talks)
    for call in calls:
        try:
            check(call)
        except CallFailed as failure:
            findings.failures.append(f"One of {count} calls at once: {failure}")


async def _talk(call: SimulatedCall, lines: Sequence[tuple[Pcm, int]]) -> None:
    """Listen and speak in turns until the call is over."""
    with contextlib.suppress(CallOver):
        for pcm, rate in itertools.cycle(lines):
            # whoever does not answer is asked again
            with contextlib.suppress(TimeoutError):
                await call.phone.wait_agent_speaking(_PATIENCE_S)
                await call.phone.wait_agent_quiet(_TURN_PAUSE_MS, _PATIENCE_S)
            if not await call.phone.say(pcm, rate):
                return


async def _worker_refilled(bench: Bench, calls: int) -> None:
    (worker,) = bench.roots["worker"]
    deadline = time.monotonic() + _REFILL_DEADLINE_S
    while time.monotonic() < deadline:
        if len(tree(worker)) >= bench.idle_worker_processes + calls:
            break
        await asyncio.sleep(0.1)
    await asyncio.sleep(_WARM_UP_S)


async def _measure(
    bench: Bench,
    findings: Findings,
    witness: RtpWitness,
    calls: Sequence[SimulatedCall],
    window_s: float,
) -> CostLevel:
    heard_before = [call.phone.counts.packets for call in calls]
    cpu_before = {part: cpu_seconds(roots) for part, roots in bench.roots.items()}
    busy_before, began = busy_seconds(), time.monotonic()
    while (left := began + window_s - time.monotonic()) > 0:
        await asyncio.sleep(min(left, _LOOK_EVERY_S))
        if calls:
            witness.look(*calls)
    took = time.monotonic() - began
    cpu_after = {part: cpu_seconds(roots) for part, roots in bench.roots.items()}
    busy = busy_seconds() - busy_before
    heard = [call.phone.counts.packets for call in calls]
    rates = [(now - then) / took for now, then in zip(heard, heard_before, strict=True)]
    if rates and min(rates) < _LEAST_PACKETS_PER_S:
        findings.failures.append(
            f"With {len(calls)} calls a phone heard {min(rates):.0f} packets/s instead of 50."
        )
    return CostLevel(
        calls=len(calls),
        window_s=took,
        parts={
            # memory after the window: to read it takes time of the kernel's
            part: Usage(cores=(cpu_after[part] - cpu_before[part]) / took, memory=pss_bytes(roots))
            for part, roots in bench.roots.items()
        },
        machine_cores=busy / took,
        heard_per_s=round(sum(rates) / len(rates), 1) if rates else None,
    )
