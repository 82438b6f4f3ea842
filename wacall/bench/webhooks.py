"""How fast signed webhooks are answered, and how many of them one core is enough for."""

import asyncio
import itertools
import secrets
import time
from collections.abc import Callable, Iterator
from uuid import uuid4

import aiohttp

from simulators.meta.webhooks.calls import (
    SIGNATURE_HEADER,
    Caller,
    Json,
    Line,
    calls_change,
    connect_call,
    encode,
    envelope,
    make_wacid,
    sign,
)
from simulators.phone.write_sdp import OfferParameters, write_offer
from wacall.bench.figures import Distribution, Findings, Target, Throughput
from wacall.bench.progress import Progress
from wacall.bench.stack import Bench
from wacall.stack.process_usage import cpu_seconds, until_quiet

TARGET = Target(percent=99, below=50.0)
DUPLICATES_TARGET = Target(percent=99, below=100.0)
STORED_PER_CORE = 1000.0
"""How many webhooks that are only stored one core of the control plane should be enough for."""
_TOO_LATE_S = 3600
"""A `connect` of this age is stored, recorded as missed and not answered."""
_TIMEOUT_S = 10.0
_AT_ONCE = 8
_WARM_UP = 20
_MOST = 5000
"""Bound of one closed-loop run, whatever the machine."""
_DRAIN_DEADLINE_S = 30.0
_DUPLICATES = 2000
_CONNECTIONS = 50


class _Meta:
    """A sender of signed webhooks that counts what was not taken."""

    def __init__(self, bench: Bench, http: aiohttp.ClientSession, findings: Findings) -> None:
        self._bench, self._http, self._findings = bench, http, findings

    async def post(self, body: bytes) -> float | None:
        """Post one body; return after how many milliseconds its 200 had come."""
        headers = {
            "Content-Type": "application/json",
            SIGNATURE_HEADER: sign(body, self._bench.app_secret),
        }
        began = time.monotonic()
        try:
            async with self._http.post(
                self._bench.webhook_url, data=body, headers=headers
            ) as response:
                await response.read()
                status = response.status
        except (aiohttp.ClientError, TimeoutError) as error:
            self._findings.failures.append(f"A webhook was not answered: {type(error).__name__}.")
            return None
        if status != 200:
            self._findings.failures.append(f"A webhook was answered with {status}.")
            return None
        return (time.monotonic() - began) * 1000


async def measure_latency(
    bench: Bench, findings: Findings, progress: Progress, *, count: int, per_s: float
) -> None:
    """Post late `connect`s one by one at a gentle rate, on a stack that does nothing else."""
    await bench.settle()
    values: list[float] = []
    async with _http() as http:
        meta = _Meta(bench, http, findings)
        for _ in range(3):
            await meta.post(late_connect(bench.whatsapp.line))
        began = time.monotonic()
        for number in range(count):
            await asyncio.sleep(max(0.0, began + number / per_s - time.monotonic()))
            taken = await meta.post(late_connect(bench.whatsapp.line))
            if taken is not None:
                values.append(taken)
            progress.tell("webhooks, one by one", number + 1, count)
    if values:
        findings.distributions.insert(
            0, Distribution(name="webhook POST -> 200", values=values, target=TARGET)
        )


async def measure_throughput(
    bench: Bench, findings: Findings, progress: Progress, *, for_s: float
) -> None:
    """Post as fast as they are taken; divide by the control plane's own CPU time."""
    for name, make, at_once, target in (
        ("a message's status: stored", message_status, _AT_ONCE, None),
        ("the same over 50 connections", message_status, _CONNECTIONS, STORED_PER_CORE),
        ("a late connect: stored, recorded, settled", late_connect, _AT_ONCE, None),
    ):
        await bench.settle()
        progress.tell(f"webhooks under load ({name})")
        findings.throughputs.append(
            await _closed_loop(
                bench, findings, name, make, for_s=for_s, at_once=at_once, target=target
            )
        )


async def measure_duplicates(bench: Bench, findings: Findings, progress: Progress) -> None:
    """Post one `connect` 2,000 times over 50 connections, each as fast as it is answered."""
    await bench.settle()
    progress.tell(f"{_DUPLICATES} duplicates over {_CONNECTIONS} connections")
    body = late_connect(bench.whatsapp.line)
    values: list[float] = []
    left = itertools.repeat(body, _DUPLICATES)
    async with _http(_CONNECTIONS) as http:
        meta = _Meta(bench, http, findings)
        # connections that stand, as Meta's do
        await asyncio.gather(
            *(meta.post(message_status(bench.whatsapp.line)) for _ in range(_CONNECTIONS))
        )

        async def one_connection() -> None:
            for duplicate in left:
                taken = await meta.post(duplicate)
                if taken is not None:
                    values.append(taken)

        await asyncio.gather(*(one_connection() for _ in range(_CONNECTIONS)))
    await until_quiet(
        bench.roots["control plane"], below_cores=0.05, for_s=0.4, deadline_s=_DRAIN_DEADLINE_S
    )
    if values:
        findings.distributions.append(
            Distribution(
                name=f"{_DUPLICATES} duplicates over {_CONNECTIONS} connections -> 200",
                values=values,
                target=DUPLICATES_TARGET,
            )
        )


async def _closed_loop(
    bench: Bench,
    findings: Findings,
    name: str,
    make: Callable[[Line], bytes],
    *,
    for_s: float,
    at_once: int,
    target: float | None,
) -> Throughput:
    controlplane = bench.roots["control plane"]
    async with _http(at_once) as http:
        meta = _Meta(bench, http, findings)
        for _ in range(_WARM_UP):
            await meta.post(make(bench.whatsapp.line))
        await until_quiet(controlplane, below_cores=0.05, for_s=0.4, deadline_s=_DRAIN_DEADLINE_S)
        numbers = itertools.count()
        cpu_before, began = cpu_seconds(controlplane), time.monotonic()
        taken = await asyncio.gather(
            *(_post_on(meta, bench, make, numbers, began + for_s) for _ in range(at_once))
        )
        wall_s = time.monotonic() - began
        # what goes on behind the 200 belongs to the price
        if not await until_quiet(
            controlplane, below_cores=0.05, for_s=0.4, deadline_s=_DRAIN_DEADLINE_S
        ):
            findings.failures.append(f"{name}: the work behind the webhooks did not end.")
    return Throughput(
        name=name,
        webhooks=sum(taken),
        wall_s=wall_s,
        cpu_s=cpu_seconds(controlplane) - cpu_before,
        target_per_core=target,
    )


async def _post_on(
    meta: _Meta,
    bench: Bench,
    make: Callable[[Line], bytes],
    numbers: Iterator[int],
    until: float,
) -> int:
    taken = 0
    while time.monotonic() < until and next(numbers) < _MOST:
        if await meta.post(make(bench.whatsapp.line)) is None:
            break
        taken += 1
    return taken


def late_connect(line: Line) -> bytes:
    """Write a `connect` as Meta sends it, with its offer, that comes too late to be answered."""
    caller = Caller()
    offer = write_offer(
        OfferParameters(
            addresses=["203.0.113.20"],
            port=3480,
            ufrag=secrets.token_hex(8),
            pwd=secrets.token_hex(12),
            fingerprint=":".join(f"{byte:02X}" for byte in secrets.token_bytes(32)),
            ssrc=secrets.randbelow(2**32 - 1) + 1,
            session_id=time.time_ns() // 1_000_000,
            stream_id=str(uuid4()),
        )
    )
    wacid = make_wacid(caller.phone, line.display_phone_number)
    call = connect_call(wacid, caller, line, offer, int(time.time()) - _TOO_LATE_S)
    return encode(envelope(line, [calls_change(line, [caller], [call])]))


def message_status(line: Line) -> bytes:
    """Write the status of a message: kept, and nothing follows from it."""
    caller = Caller()
    value: Json = {
        "messaging_product": "whatsapp",
        "metadata": {
            "display_phone_number": line.display_phone_number,
            "phone_number_id": line.phone_number_id,
        },
        "statuses": [
            {
                "id": f"wamid.{secrets.token_urlsafe(36)}",
                "status": "delivered",
                "timestamp": str(int(time.time())),
                "recipient_id": caller.phone,
                "recipient_user_id": caller.user_id,
            }
        ],
    }
    return encode(envelope(line, [{"value": value, "field": "messages"}]))


def _http(connections: int = _AT_ONCE) -> aiohttp.ClientSession:
    return aiohttp.ClientSession(
        timeout=aiohttp.ClientTimeout(total=_TIMEOUT_S),
        connector=aiohttp.TCPConnector(limit=connections),
    )
