"""The database stands still in the middle of a call: nobody is cut off, nobody rings on."""

import time
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta

import aiohttp
import pytest_asyncio

from shared.call.call import CallStatus, EndReason
from simulators.meta.api.faults import Fault, FaultKind
from simulators.meta.webhooks.calls import Terminated, calls_change, encode, envelope, sign
from simulators.meta.webhooks.calls import terminate_call as terminate_json
from tests.component.bench import APP_SECRET, Bench, MakeBench, actions, ended_as
from tests.database_proxy import DatabaseProxy
from tests.eventually import eventually, stays
from tests.replicas import FIRST, Balancer
from wacall.environment import free_port
from wacall.stack.database import LocalSupabase

STALL_S = 6.0
"""Longer than one request to the database waits."""


@pytest_asyncio.fixture
async def proxy(database: LocalSupabase) -> AsyncIterator[DatabaseProxy]:
    async with DatabaseProxy.before(database.url) as standing:
        yield standing


async def lasts(seconds: float) -> None:
    """Let the stall go on; its length is what the test is about."""
    began = time.monotonic()
    await eventually(lambda: time.monotonic() - began >= seconds, seconds + 5)


async def test_a_call_that_is_answered_during_a_stall_goes_on(
    make_bench: MakeBench, proxy: DatabaseProxy
) -> None:
    """The row cannot be written when `accept` returns: the agent speaks, the deadline cuts nothing.

    The set-up's and the media's deadlines are over when the database is back.
    """
    bench = await make_bench(SUPABASE_URL=proxy.url, SETUP_TIMEOUT_S="4", MEDIA_TIMEOUT_S="4")
    bench.whatsapp.fail(Fault(action="accept", kind=FaultKind.DELAY, delay_s=0.3))
    call = await bench.whatsapp.call()
    await eventually(lambda: "accept" in [request.action for request in call.requests])
    proxy.hold()
    await call.accepted(30)
    await call.phone.wait_agent_speaking(4)
    await lasts(STALL_S)
    proxy.release()

    row = await bench.until(call, lambda found: found.status is CallStatus.ACTIVE, 30)
    row = await bench.until(call, lambda found: found.media_at is not None, 30)
    assert row.answered_at is not None
    await stays(lambda: not call.is_over, 2, "the sweeper looks twice a second")
    call.hang_up()
    ended_as(await bench.until_released(call), CallStatus.COMPLETED, EndReason.CALLER_HANGUP)
    assert actions(call) == ["pre_accept", "accept"]


async def test_an_answered_call_that_nobody_wrote_down_is_found_by_its_media(
    make_bench: MakeBench, proxy: DatabaseProxy
) -> None:
    """Who set it up never gets through; another replica's sweeper looks before it ends it."""
    cut_off = await make_bench(SUPABASE_URL=proxy.url, PORT=str(free_port()))
    port = cut_off.plane.settings.port
    cut_off.whatsapp.webhook_url = f"http://127.0.0.1:{port}/wa/webhook"
    bench = cut_off
    bench.whatsapp.fail(Fault(action="accept", kind=FaultKind.DELAY, delay_s=0.3))
    call = await bench.whatsapp.call()
    await eventually(lambda: "accept" in [request.action for request in call.requests])
    proxy.hold()
    await call.phone.wait_agent_speaking(4)
    # as an older control plane left it: nobody holds the set-up
    await bench.database.execute("update calls set setup_owner = null, deadline_at = now()")
    await make_bench(SETUP_TIMEOUT_S="1")

    row = await bench.until(call, lambda found: found.status is CallStatus.ACTIVE, 30)
    assert row.media_at is not None
    assert row.answered_at == row.accept_sent_at
    assert not call.is_over


def claims_a_call(method: str, path: str, _body: bytes) -> bool:
    """Whether a request writes the row of a new inbound call."""
    return method == "POST" and path.endswith("/rpc/claim_call_within")


async def test_a_connect_outlives_a_stall(make_bench: MakeBench, proxy: DatabaseProxy) -> None:
    """Stored, but its call cannot be claimed for six seconds: then it is answered at once."""
    bench = await make_bench(SUPABASE_URL=proxy.url)
    proxy.hold(claims_a_call)
    call = await bench.whatsapp.call()
    await eventually(lambda: proxy.held)
    await lasts(STALL_S)
    proxy.release()

    await call.phone.wait_agent_speaking(30)
    await bench.until(call, lambda found: found.status is CallStatus.ACTIVE)
    assert actions(call) == ["pre_accept", "accept"]
    assert len(await bench.store.list_calls(limit=5)) == 1


async def test_nobody_rings_on_for_a_connect_that_cannot_be_claimed(
    make_bench: MakeBench, proxy: DatabaseProxy
) -> None:
    """After STALE_OFFER_S Meta is told `reject`; the missed call is written when it can be."""
    bench = await make_bench(SUPABASE_URL=proxy.url, STALE_OFFER_S="3")
    proxy.hold(claims_a_call)
    call = await bench.whatsapp.call()
    end = await call.ended(7)
    assert end.by == "business"
    assert actions(call) == ["reject"]
    proxy.release()

    row = await bench.until(call, lambda found: found.status.is_final, 30)
    assert row.answered_at is None


async def test_a_hang_up_during_a_stall_is_recorded_when_it_is_over(
    make_bench: MakeBench, proxy: DatabaseProxy, balancer: Balancer
) -> None:
    """It could not even be stored, and Meta does not send it again soon: it was kept."""
    bench = await make_bench(SUPABASE_URL=proxy.url)
    balancer.ports[FIRST] = bench.plane.settings.port
    bench.whatsapp.webhook_url = balancer.url
    call = await bench.whatsapp.call()
    await call.phone.wait_agent_speaking(30)
    await bench.until(call, lambda found: found.media_at is not None)
    proxy.hold()
    balancer.only_once.add("terminate")
    call.hang_up()
    hung_up_at = datetime.now(UTC)
    await eventually(lambda: [one for one in balancer.passed if one.kind == "terminate"])
    proxy.lose()

    row = await bench.until(call, lambda found: found.status.is_final, 30)
    ended_as(row, CallStatus.COMPLETED, EndReason.CALLER_HANGUP)
    assert row.ended_at is not None
    assert abs(row.ended_at - hung_up_at) < timedelta(seconds=STALL_S)
    assert balancer.passed[-1].status == 503


async def test_what_meta_tells_late_corrects_a_guess_once(
    bench: Bench, http: aiohttp.ClientSession
) -> None:
    """The hang-up comes after LiveKit has lost the leg: reason, time and duration are Meta's."""
    call = await bench.whatsapp.call()
    await call.phone.wait_agent_speaking(30)
    row = await bench.until(call, lambda found: found.media_at is not None)
    assert row.answered_at is not None
    # nobody is there for Meta
    url, bench.whatsapp.webhook_url = bench.whatsapp.webhook_url, f"http://127.0.0.1:{free_port()}"
    started_at, hung_up_at = int(row.answered_at.timestamp()), int(time.time())
    call.hang_up()
    guessed = await bench.until_released(call, 30)
    assert guessed.end_reason is EndReason.MEDIA_LOST
    bench.whatsapp.webhook_url = url

    end = Terminated(at=hung_up_at, status="COMPLETED", started_at=started_at)
    told = terminate_json(call.wacid, call.plan.caller, call.line, end)
    body = encode(envelope(call.line, [calls_change(call.line, [call.plan.caller], [told])]))
    headers = {"X-Hub-Signature-256": sign(body, APP_SECRET)}
    for _ in range(2):
        async with http.post("/wa/webhook", data=body, headers=headers) as response:
            assert response.status == 200
    outcomes = await bench.until_settled("terminate", 2)

    row = await bench.until(call, lambda found: found.ended_by_peer)
    ended_as(row, CallStatus.COMPLETED, EndReason.CALLER_HANGUP)
    assert row.ended_at is not None
    assert abs(row.ended_at.timestamp() - hung_up_at) < 1.5
    assert row.duration_s is not None
    assert row.duration_s < (guessed.duration_s or 0) - 5
    assert outcomes == ["duplicate", "handled"]
    samples = [
        metric.value
        for family in bench.plane.near.metrics.registry.collect()
        for metric in family.samples
        if metric.name == "whatsapp_calls_ended_total"
    ]
    assert sum(samples) == 1
