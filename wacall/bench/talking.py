"""Calls between the far ends' phones and whatever answers them: kept in talk, and measured."""

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator, Collection, Mapping, Sequence

from simulators.meta.calls.user_call import SimulatedCall
from simulators.meta.whatsapp import WhatsAppSimulator
from simulators.phone.phone import CallOver
from wacall.bench.far_ends import FarEndsFailed, FarPhone
from wacall.bench.figures import CostLevel, Findings, Usage
from wacall.bench.talk import MediaRun, PhoneReport
from wacall.stack.process_usage import busy_seconds, cpu_seconds, pss_bytes

_ACCEPT_S = 20.0
_HEARD_S = 15.0
_END_S = 10.0
_LOOK_S = 0.05
_REST_S = 4.0
"""The worker starts new idle processes for those that calls took: not part of a running call."""


class _Broken(Exception):
    """A call did not go as it has to; the sentence says what was missing."""


@contextlib.asynccontextmanager
async def talking(
    whatsapp: WhatsAppSimulator, findings: Findings, run: MediaRun, count: int
) -> AsyncIterator[list[SimulatedCall]]:
    """Keep so many calls in conversation; none if some could not be had."""
    calls: list[SimulatedCall] = []
    try:
        for _ in range(count):
            findings.attempted += 1
            call = await whatsapp.call()
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


async def measure(
    roots: Mapping[str, Collection[int]], calls: Sequence[SimulatedCall], window_s: float
) -> CostLevel:
    """See what the trees under `roots` use, and what the calls' phones hear, for a while."""
    before = [await _phone(call).look() for call in calls]
    cpu_before = {part: cpu_seconds(pids) for part, pids in roots.items()}
    busy_before, began = busy_seconds(), time.monotonic()
    await asyncio.sleep(window_s)
    took = time.monotonic() - began
    cpu_after = {part: cpu_seconds(pids) for part, pids in roots.items()}
    busy = busy_seconds() - busy_before
    after = [await _phone(call).look() for call in calls]
    both = list(zip(before, after, strict=True))
    return CostLevel(
        calls=len(calls),
        window_s=took,
        parts={
            # memory after the window: to read it takes time of the kernel's
            part: Usage(cores=(cpu_after[part] - cpu_before[part]) / took, memory=pss_bytes(pids))
            for part, pids in roots.items()
        },
        machine_cores=busy / took,
        heard_per_s=(
            round(min((now.packets - then.packets) / took for then, now in both), 1)
            if both
            else None
        ),
        gaps=sum(now.gaps - then.gaps for then, now in both),
    )
