"""The control plane's HTTP surface towards Meta, byte by byte."""

import asyncio
import hashlib
import hmac
import io
import json
import time
from collections.abc import AsyncIterator, Callable

import aiohttp
import pytest
import pytest_asyncio

from shared.call.call import CallStatus, EndReason
from shared.call.ids import WhatsAppCallId
from simulators.meta.webhooks.calls import (
    SIGNATURE_HEADER,
    Caller,
    Terminated,
    calls_change,
    connect_call,
    encode,
    envelope,
    make_wacid,
    sign,
    terminate_call,
)
from tests.component.bench import APP_SECRET, VERIFY_TOKEN, Bench, MakeBench, actions
from tests.component.surface import Door, count_events, error_of
from tests.data.descriptions import OFFER
from tests.eventually import eventually
from wacall.stack.database import LocalSupabase


@pytest_asyncio.fixture
async def door(database: LocalSupabase) -> AsyncIterator[Door]:
    """A door in front of the database's API, open."""
    guarded = Door(database.port)
    await guarded.open()
    yield guarded
    await guarded.shut()


# --- Meta: the handshake ---


async def test_the_handshake_echoes_the_challenge_as_it_is(
    bench: Bench, http: aiohttp.ClientSession
) -> None:
    """With our token: 200, the challenge and nothing else, as plain text."""
    query = {
        "hub.mode": "subscribe",
        "hub.verify_token": VERIFY_TOKEN,
        "hub.challenge": '1158201444"<b>',
    }
    async with http.get("/wa/webhook", params=query) as response:
        assert response.status == 200
        assert response.content_type == "text/plain"
        assert await response.read() == b'1158201444"<b>'
    assert await bench.whatsapp.verify_webhook(VERIFY_TOKEN)


@pytest.mark.parametrize(
    "spoilt",
    [
        {"hub.verify_token": "another"},
        {"hub.verify_token": None},
        {"hub.verify_token": ""},
        {"hub.verify_token": VERIFY_TOKEN + "x"},
        {"hub.verify_token": "tökén"},
        {"hub.mode": "unsubscribe"},
        {"hub.mode": None},
        {"hub.challenge": None},
    ],
    ids=str,
)
async def test_a_handshake_that_is_not_ours_is_403(
    bench: Bench, http: aiohttp.ClientSession, spoilt: dict[str, str | None]
) -> None:
    """Wrong or missing token, another mode, no challenge: nothing is echoed."""
    query = {
        "hub.mode": "subscribe",
        "hub.verify_token": VERIFY_TOKEN,
        "hub.challenge": "90125",
        **spoilt,
    }
    given = {name: value for name, value in query.items() if value is not None}
    async with http.get("/wa/webhook", params=given) as response:
        assert response.status == 403
        assert await error_of(response) == "bad-handshake"
        assert "90125" not in await response.text()


# --- Meta: the signature ---


def named_body() -> bytes:
    """Write a webhook whose bytes depend on how JSON is escaped."""
    change = {"field": "messages", "value": {"contacts": [{"profile": {"name": "Zoë/Łukasz"}}]}}
    return encode({"object": "whatsapp_business_account", "entry": [{"changes": [change]}]})


def sha1(body: bytes) -> str:
    return "sha1=" + hmac.new(APP_SECRET.encode(), body, hashlib.sha1).hexdigest()


@pytest.mark.parametrize(
    "signature",
    [
        lambda body: None,
        lambda body: "",
        lambda body: sign(body, "another-secret"),
        lambda body: sign(body, ""),
        lambda body: sign(body + b"\n", APP_SECRET),
        lambda body: sign(json.dumps(json.loads(body)).encode(), APP_SECRET),
        lambda body: sign(
            json.dumps(json.loads(body), separators=(",", ":"), ensure_ascii=False).encode(),
            APP_SECRET,
        ),
        sha1,
        lambda body: sign(body, APP_SECRET).removeprefix("sha256="),
        lambda body: sign(body, APP_SECRET)[:-1],
        lambda body: "sha256=ü",
    ],
    ids=[
        "missing", "empty", "another-secret", "empty-secret", "another-body", "spaced-out",
        "unescaped", "sha1", "without-algorithm", "cut-off", "not-ascii",
    ],
)  # fmt: skip
async def test_a_body_that_is_not_signed_right_is_401(
    bench: Bench, http: aiohttp.ClientSession, signature: Callable[[bytes], str | None]
) -> None:
    """Only the HMAC-SHA256 over the exact bytes counts; nothing of another body is stored."""
    body = named_body()
    header = signature(body)
    headers = {} if header is None else {"X-Hub-Signature-256": header}
    if headers and header == sha1(body):
        headers["X-Hub-Signature"] = header
    async with http.post("/wa/webhook", data=body, headers=headers) as response:
        assert response.status == 401
        assert await error_of(response) == "bad-signature"
    assert await count_events(bench) == 0

    signed = {"X-Hub-Signature-256": sign(body, APP_SECRET)}
    async with http.post("/wa/webhook", data=body, headers=signed) as response:
        assert response.status == 200
    assert await count_events(bench) == 1


@pytest.mark.parametrize(
    "body",
    [b"", b"{", b"[]", b'"text"', b"null", b'{"entry": "\xff"}', b"[" * 100_000, b'{"a": NaN'],
    ids=["empty", "cut-off", "list", "text", "null", "not-utf-8", "deep", "nan"],
)
async def test_signed_nonsense_is_400(
    bench: Bench, http: aiohttp.ClientSession, body: bytes
) -> None:
    """A right signature over what is no JSON object."""
    signed = {"X-Hub-Signature-256": sign(body, APP_SECRET)}
    async with http.post("/wa/webhook", data=body, headers=signed) as response:
        assert response.status == 400
        assert await error_of(response) == "bad-webhook"
    assert await count_events(bench) == 0


async def test_a_body_over_the_limit_is_413(bench: Bench, http: aiohttp.ClientSession) -> None:
    """Meta's bodies reach 3 MB; at 7 MB nobody reads on, signed or not."""
    body = b'{"entry": "' + b"x" * 7_000_000 + b'"}'
    signed = {"X-Hub-Signature-256": sign(body, APP_SECRET)}
    async with http.post("/wa/webhook", data=io.BytesIO(body), headers=signed) as response:
        assert response.status == 413
        assert await error_of(response) == "body-too-large"
    assert await count_events(bench) == 0


async def test_paths_and_methods_that_do_not_exist(
    bench: Bench, http: aiohttp.ClientSession
) -> None:
    """404 and 405 have the shape of every other error, and do not repeat the path."""
    for method, path, status, code in (
        ("GET", "/nowhere/15550100123", 404, "not-found"),
        ("POST", "/", 404, "not-found"),
        ("DELETE", "/wa/webhook", 405, "method-not-allowed"),
        ("GET", "/livekit/webhook", 405, "method-not-allowed"),
    ):
        async with http.request(method, path) as response:
            assert response.status == status
            assert await error_of(response) == code
            assert "15550100123" not in await response.text()


# --- Meta: when we cannot take it now ---


async def test_a_webhook_that_cannot_be_stored_is_repeated_and_worked_on(
    make_bench: MakeBench, door: Door
) -> None:
    """Database away: not 200, so Meta sends it again; database back: the call is answered."""
    bench = await make_bench(SUPABASE_URL=f"http://127.0.0.1:{door.port}")
    await door.shut()
    call = await bench.whatsapp.call()
    assert call.connect_delivery is not None
    await eventually(lambda: call.connect_delivery and call.connect_delivery.attempts)
    await door.open()
    await call.accepted(30)
    await call.phone.wait_agent_speaking(30)

    statuses = [attempt.status for attempt in call.connect_delivery.attempts]
    assert statuses[0] == 503
    assert statuses[-1] == 200
    assert actions(call) == ["pre_accept", "accept"]
    # it was kept as well: whichever is stored first is worked on
    assert (await bench.until_settled("connect", 1)).count("handled") == 1


async def test_many_webhooks_at_once_are_all_stored(
    bench: Bench, http: aiohttp.ClientSession
) -> None:
    """What is stored together is acknowledged one by one; nothing is lost or stored twice."""
    statuses = await asyncio.gather(*(post(bench, http, late_connect(bench)) for _ in range(60)))
    assert statuses == [200] * 60
    assert await count_events(bench) == 60
    assert await bench.until_settled("connect", 60, 30) == ["stale"] * 60


async def test_a_connect_that_came_before_asks_nothing_of_the_database(
    bench: Bench, http: aiohttp.ClientSession
) -> None:
    """It is stored as a duplicate of its call; once that call is erased, it is a new one."""
    body = late_connect(bench)
    assert await post(bench, http, body) == 200
    await bench.until_settled("connect", 1)
    assert [await post(bench, http, body) for _ in range(2)] == [200, 200]
    assert await bench.until_settled("connect", 3) == ["duplicate", "duplicate", "stale"]
    (call,) = await bench.store.list_calls(limit=10)
    assert len(await bench.store.list_events(call.id)) >= 3

    await bench.database.execute("delete from calls")
    assert await post(bench, http, body) == 200
    await eventually(lambda: bench.store.list_calls(limit=10))


async def test_copies_that_come_together_ask_the_database_once(
    bench: Bench, http: aiohttp.ClientSession
) -> None:
    """40 of one `connect` at once: 40 rows, one claim, one outcome written; all name the call."""
    body = late_connect(bench)
    assert await asyncio.gather(*(post(bench, http, body) for _ in range(40))) == [200] * 40
    assert await bench.until_settled("connect", 40) == ["duplicate"] * 39 + ["stale"]
    (call,) = await bench.store.list_calls(limit=10)

    async def all_linked() -> bool:
        rows = await bench.store.list_events(call.id)
        return sum(row.kind == "connect" for row in rows) == 40

    await eventually(all_linked)
    async with http.get("/metrics") as response:
        lines = (await response.text()).splitlines()
    asked = {
        action: sum(
            float(line.split()[-1])
            for line in lines
            if line.startswith("whatsapp_upstream_seconds_count{") and f'"{action}"' in line
        )
        for action in ("claim_a_call", "settle_an_event")
    }
    assert asked == {"claim_a_call": 1, "settle_an_event": 1}


def late_connect(bench: Bench) -> bytes:
    """A call that came too late to be answered."""
    line, caller = bench.whatsapp.line, Caller()
    wacid = make_wacid(caller.phone, line.display_phone_number)
    call = connect_call(wacid, caller, line, OFFER, int(time.time()) - 3600)
    return encode(envelope(line, [calls_change(line, [caller], [call])]))


async def post(bench: Bench, http: aiohttp.ClientSession, body: bytes) -> int:
    headers = {"Content-Type": "application/json", SIGNATURE_HEADER: sign(body, APP_SECRET)}
    async with http.post("/wa/webhook", data=body, headers=headers) as response:
        return response.status


async def test_a_draining_replica_leaves_offers_to_others(bench: Bench) -> None:
    """The offer is refused with 503 so that Meta repeats it; the terminate of a call is taken."""
    first = await bench.whatsapp.call()
    await first.accepted(30)
    await first.phone.wait_agent_speaking(30)
    await bench.plane.drain()

    second = await bench.whatsapp.call()
    assert second.connect_delivery is not None
    await eventually(lambda: second.connect_delivery and second.connect_delivery.attempts)
    assert second.connect_delivery.attempts[0].status == 503
    assert await bench.row(second) is None

    first.hang_up()
    await first.ended(30)
    assert first.terminate_delivery is not None
    assert [attempt.status for attempt in first.terminate_delivery.attempts] == [200]
    row = await bench.until_released(first)
    assert row.end_reason is EndReason.CALLER_HANGUP


async def test_a_batch_at_a_draining_replica_loses_no_end(
    bench: Bench, http: aiohttp.ClientSession
) -> None:
    """One body brings an offer and another call's end: 503 for the offer, the end counts."""
    ending = await bench.whatsapp.call()
    await ending.accepted(30)
    await bench.plane.drain()
    caller, line = ending.plan.caller, ending.line
    end = Terminated(status="COMPLETED", at=int(time.time()), started_at=int(time.time()) - 3)
    offered = make_wacid("15550100777", line.display_phone_number)
    calls = [
        connect_call(offered, Caller(), line, ending.phone.offer, int(time.time())),
        terminate_call(ending.wacid, caller, line, end),
    ]
    body = encode(envelope(line, [calls_change(line, [caller], calls)]))

    signed = {"X-Hub-Signature-256": sign(body, APP_SECRET)}
    async with http.post("/wa/webhook", data=body, headers=signed) as response:
        assert response.status == 503
        assert await error_of(response) == "draining"
    row = await bench.until_released(ending)
    assert (row.status, row.end_reason) == (CallStatus.COMPLETED, EndReason.CALLER_HANGUP)
    assert await bench.store.find_call(WhatsAppCallId(offered)) is None
