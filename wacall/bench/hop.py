"""What the media hop costs: calls phone <-> rtpengine <-> phone, its CPU read from /proc.

Both legs are ICE and DTLS-SRTP, as they are towards WhatsApp and LiveKit: rtpengine decrypts and
encrypts every packet. It is a hop of its own; no other part of the stack runs.
"""

import asyncio
import contextlib
import os
import time
import uuid
from collections.abc import AsyncIterator, Sequence
from pathlib import Path

import aiohttp

from controlplane.core.errors import BadSdp, HopRefused, HopUnreachable
from controlplane.rtpengine.address import HopAddress
from controlplane.rtpengine.client import NgClient
from controlplane.rtpengine.passage import NgPassage
from controlplane.rtpengine.transport import open_transport
from shared.call.ids import CallId
from wacall.bench.figures import Findings, HopLevel
from wacall.bench.process_usage import busy_seconds, cpu_seconds, pss_bytes
from wacall.bench.progress import Progress
from wacall.bench.replay import PACKETS_PER_S, ReplayPhone, replay
from wacall.environment import with_tools
from wacall.stack.hop import EmbeddedHop, HopPlan

SMALLER = (40, 30, 20)
"""Tried in this order when the machine does not carry the largest number of calls."""
_CONNECT_S = 10.0
_TOGETHER = 5
"""Calls that are set up at the same time."""
_WARM_UP_S = 1.0
_WARM_UP_TURNS = 20
_HEARS = 0.9
_LAST_PACKETS_S = 0.3
_CONTROL_S = 2.0


async def measure_hop(
    directory: Path,
    findings: Findings,
    progress: Progress,
    *,
    levels: Sequence[int],
    window_s: float,
) -> None:
    """Measure rtpengine without calls and with each number of calls.

    Raises:
        ChildFailed: rtpengine does not start.
    """
    progress.tell("start: media hop")
    hop = EmbeddedHop(
        plan=HopPlan(), log=directory / "logs" / "hop.log", environment=with_tools(dict(os.environ))
    )
    await hop.start()
    try:
        for calls in (0, *levels):
            findings.hop.append(await _level(hop, findings, progress, calls, window_s))
        for calls in (number for number in SMALLER if number < max(levels)):
            if findings.hop[-1].is_carried:
                break
            findings.hop.append(await _level(hop, findings, progress, calls, window_s))
    except CallsFailed as failure:
        findings.failures.append(str(failure))
    finally:
        await hop.stop()
    findings.notes += hop_notes(findings.hop)


class CallsFailed(Exception):
    """The calls of one level could not be set up; the sentence says why."""


def hop_notes(levels: Sequence[HopLevel]) -> list[str]:
    """Say how it was measured, what was not carried, and the highest number of calls that was."""
    if len(levels) < 2:
        return []
    carried = [level.calls for level in levels if level.is_carried]
    notes = [
        "Hop: calls phone <-> rtpengine <-> phone, ICE and DTLS-SRTP on both legs, 50 packets/s "
        "each way, evenly spread, prepared packets of Opus's size, forwarded in user space. "
        "Nothing else of the stack runs; CPU is rtpengine's own, from /proc.",
    ]
    notes += [
        f"Of {level.calls} calls at once through the hop, {level.lost} of {level.sent} packets "
        f"were lost and {max(0, level.due - level.sent)} were not sent in time: this machine, with "
        "the phones on it, does not carry them. The highest number without loss: "
        f"{max(carried)}."
        for level in levels
        if not level.is_carried
    ]
    return notes


async def _level(
    hop: EmbeddedHop, findings: Findings, progress: Progress, calls: int, window_s: float
) -> HopLevel:
    """Measure; once more if packets were lost, for others may have taken the cores."""
    progress.tell(f"hop with {calls} calls")
    findings.attempted += calls
    try:
        async with _calls(hop.address, calls) as phones:
            turns = await _all_hear(phones)
            if turns > 1:
                findings.notes.append(
                    f"With {calls} calls through the hop it took {turns - 1} s and more after "
                    "DTLS until all phones heard all packets; these seconds are not in the figures."
                )
            level = await _measure(hop.child.pid, phones, calls, window_s)
            if not level.is_carried:
                progress.tell(f"hop with {calls} calls, once more")
                level = await _measure(hop.child.pid, phones, calls, window_s)
            return level
    except (TimeoutError, BadSdp, HopRefused, HopUnreachable) as error:
        raise CallsFailed(
            f"{calls} calls through the hop could not be set up ({type(error).__name__})."
        ) from None


async def _all_hear(phones: Sequence[ReplayPhone]) -> int:
    """Send until each phone hears what it should; return how many turns of a second it took.

    A phone may be through with DTLS while rtpengine cannot decrypt yet: now and then one direction
    began 3 or 15 s late, as after flights repeated at 1, 2, 4, 8 s (RFC 6347 section 4.2.4.1).

    Raises:
        TimeoutError: some phone did not hear it in 20 turns.
    """
    for turn in range(1, _WARM_UP_TURNS + 1):
        for phone in phones:
            phone.forget()
        await replay(phones, _WARM_UP_S)
        await asyncio.sleep(_LAST_PACKETS_S)
        if all(phone.got >= _HEARS * PACKETS_PER_S * _WARM_UP_S for phone in phones):
            return turn
    raise TimeoutError


async def _measure(
    pid: int, phones: Sequence[ReplayPhone], calls: int, window_s: float
) -> HopLevel:
    for phone in phones:
        phone.forget()
    cpu, busy, began = cpu_seconds([pid]), busy_seconds(), time.monotonic()
    await replay(phones, window_s)
    took = time.monotonic() - began
    cores, machine = (cpu_seconds([pid]) - cpu) / took, (busy_seconds() - busy) / took
    await asyncio.sleep(_LAST_PACKETS_S)
    return HopLevel(
        calls=calls,
        window_s=took,
        cores=cores,
        memory=pss_bytes([pid]),
        machine_cores=machine,
        due=round(PACKETS_PER_S * window_s) * len(phones),
        sent=sum(phone.sent for phone in phones),
        heard=sum(phone.got - phone.undecryptable for phone in phones),
    )


@contextlib.asynccontextmanager
async def _calls(address: HopAddress, count: int) -> AsyncIterator[list[ReplayPhone]]:
    """Set up calls; give the phones of both ends of each."""
    phones: list[ReplayPhone] = []
    passages: list[NgPassage] = []
    async with aiohttp.ClientSession() as http:
        client = NgClient(open_transport(address, http), address=address, timeout_s=_CONTROL_S)
        at_once = asyncio.Semaphore(_TOGETHER)

        async def connect() -> None:
            async with at_once:
                passage = NgPassage(client, CallId(str(uuid.uuid4())))
                near, far = ReplayPhone(), ReplayPhone()
                passages.append(passage)
                phones.extend((near, far))
                await _connect(passage, near, far)

        try:
            async with asyncio.TaskGroup() as group:
                for _ in range(count):
                    group.create_task(connect())
            yield phones
        except* (TimeoutError, BadSdp, HopRefused, HopUnreachable) as errors:
            raise errors.exceptions[0] from None
        finally:
            for phone in phones:
                await phone.close()
            for passage in passages:
                with contextlib.suppress(HopRefused, HopUnreachable):
                    await passage.release()


async def _connect(passage: NgPassage, near: ReplayPhone, far: ReplayPhone) -> None:
    """Lead a call from one phone to the other, the offer's roles kept, as for a call that comes in.

    A placed call needs a far side with full ICE (LiveKit); two lite phones are joined this way
    round. What the hop does with the packets is the same.
    """
    offer = await near.open()
    onward = await passage.take_offer(offer)
    answer = await far.answer(onward)
    near.apply_answer(await passage.make_answer(answer, offer))
    await near.wait_connected(_CONNECT_S)
    await far.wait_connected(_CONNECT_S)
