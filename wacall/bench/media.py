"""What a running call costs and is like, with each kind of the agent's media in the same run.

Phones and OpenAI are the far ends for load, so that what is measured is the stack's own.
"""

import asyncio
import contextlib
import os
import time
from collections.abc import AsyncIterator, Callable, Sequence
from pathlib import Path

from simulators.meta.calls.user_call import SimulatedCall
from simulators.phone.phone import CallOver
from wacall.bench.far_ends import OWN_TIME_MS, FarEnds, FarEndsFailed, FarPhone
from wacall.bench.figures import CostLevel, Findings, Usage
from wacall.bench.process_usage import busy_seconds, cpu_seconds, pss_bytes
from wacall.bench.progress import Progress
from wacall.bench.stack import Bench, running
from wacall.bench.talk import MediaRun, PhoneReport

KINDS = ("worker", "bridge")
"""What AGENT_MEDIA may be, in the order in which they are measured."""
_WORKER_CORES = 0.16
"""What a decoding worker takes for one call: more calls than fit are not tried with it."""
_ACCEPT_S = 20.0
_HEARD_S = 15.0
_END_S = 10.0
_LOOK_S = 0.05
_REST_S = 4.0
"""The worker starts new idle processes for those that calls took: not part of a running call."""
_LEAST_PACKETS_PER_S = 45.0


class _Broken(Exception):
    """A call did not go as it has to; the sentence says what was missing."""


async def measure_media(
    directory: Path,
    findings: Findings,
    progress: Progress,
    *,
    levels: Sequence[int],
    window_s: float,
) -> None:
    """Run the whole stack once with each kind, with each number of calls.

    Raises:
        ChildFailed: a part did not start.
    """
    for kind in KINDS:
        place = directory / kind
        async with (
            FarEnds.running(place) as far,
            running(place, _telling(progress, kind), far=far, settings=_settings(kind)) as bench,
        ):
            progress.tell(f"{kind}: the first call")
            # it is slower, and makes parts grow for good
            async with _talking(bench, findings, MediaRun(media=kind), 1):
                legs = await bench.bridge_legs()
            if kind == "bridge" and not legs:
                findings.skipped.append(
                    "Not measured: calls with AGENT_MEDIA=bridge, for the bridge carried none."
                )
                continue
            run = MediaRun(media=kind, own_ms=OWN_TIME_MS)
            findings.media.append(run)
            for calls in (0, *(one for one in levels if _fits(kind, one))):
                progress.tell(f"{kind}: {calls} calls")
                await bench.settle()
                async with _talking(bench, findings, run, calls) as talking:
                    if len(talking) == calls:
                        run.costs.append(await _measure(bench, findings, talking, window_s))
    left_out = [one for one in levels if not _fits("worker", one)]
    if left_out:
        findings.notes.append(
            f"A worker that decodes was not tried with {_in_words(left_out)} calls: they would "
            f"take more than this machine's {_cores()} cores."
        )


def _settings(kind: str) -> dict[str, str]:
    # a busy worker would refuse the calls whose cost is to be measured
    return {"AGENT_MEDIA": kind, "AGENT_LOAD_THRESHOLD": "inf"}


def _fits(kind: str, calls: int) -> bool:
    return kind != "worker" or calls * _WORKER_CORES < _cores()


def _cores() -> int:
    return len(os.sched_getaffinity(0))


def _in_words(numbers: Sequence[int]) -> str:
    return " or ".join(map(str, numbers))


def _telling(progress: Progress, kind: str) -> Callable[[str], None]:
    return lambda what: progress.tell(f"{kind}: start {what}")


@contextlib.asynccontextmanager
async def _talking(
    bench: Bench, findings: Findings, run: MediaRun, count: int
) -> AsyncIterator[list[SimulatedCall]]:
    """Keep so many calls in conversation; none if some could not be had."""
    calls: list[SimulatedCall] = []
    try:
        for _ in range(count):
            findings.attempted += 1
            call = await bench.whatsapp.call()
            calls.append(call)
            await _answered_and_heard(call)
            run.to_accept.append(call.timings.since_webhook_ms()["accept_answered"])
        if count:
            await asyncio.sleep(_REST_S)
        yield calls
    except _Broken as broken:
        findings.failures.append(f"{run.media}, one of {count} calls at once: {broken}")
        yield []
    finally:
        for call in calls:
            call.hang_up()
        for call in calls:
            with contextlib.suppress(TimeoutError):
                await call.ended(_END_S)
    for call in calls:
        report = await _phone(call).look()
        run.reports.append(report)
        if (wrong := _wrong(call, report)) is not None:
            findings.failures.append(f"{run.media}, one of {count} calls at once: {wrong}")


def _phone(call: SimulatedCall) -> FarPhone:
    if not isinstance(call.phone, FarPhone):
        raise RuntimeError("the phones of this section are the far ends' own")
    return call.phone


async def _answered_and_heard(call: SimulatedCall) -> None:
    try:
        await call.accepted(_ACCEPT_S)
    except (TimeoutError, CallOver):
        raise _Broken(f"it was not accepted within {_ACCEPT_S:g} s.") from None
    deadline = time.monotonic() + _HEARD_S
    while time.monotonic() < deadline and not call.is_over:
        try:
            if (await _phone(call).look()).audible_ms is not None:
                return
        except FarEndsFailed as error:
            raise _Broken(str(error)) from None
        await asyncio.sleep(_LOOK_S)
    raise _Broken(f"the phone heard nothing within {_HEARD_S:g} s.")


def _wrong(call: SimulatedCall, report: PhoneReport) -> str | None:
    if call.end is not None and call.end.by != "user":
        return f"it was ended by {call.end.by}."
    if report.is_early:
        return "RTP came before accept had returned 200."
    if call.violations:
        return f"it broke a rule of Meta's: {call.violations[0].what}."
    return None


async def _measure(
    bench: Bench, findings: Findings, calls: Sequence[SimulatedCall], window_s: float
) -> CostLevel:
    heard_before = [(await _phone(call).look()).packets for call in calls]
    cpu_before = {part: cpu_seconds(roots) for part, roots in bench.roots.items()}
    busy_before, began = busy_seconds(), time.monotonic()
    await asyncio.sleep(window_s)
    took = time.monotonic() - began
    cpu_after = {part: cpu_seconds(roots) for part, roots in bench.roots.items()}
    busy = busy_seconds() - busy_before
    heard = [(await _phone(call).look()).packets for call in calls]
    rates = [(now - then) / took for now, then in zip(heard, heard_before, strict=True)]
    if rates and min(rates) < _LEAST_PACKETS_PER_S:
        findings.notes.append(
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
        heard_per_s=round(min(rates), 1) if rates else None,
    )
