"""Strangers at the control plane's door: what they send costs little, and is answered in words."""

import asyncio
import gzip
import json
import logging
import time
from typing import Any

import aiohttp
import pytest

from simulators.meta.webhooks.calls import sign
from tests.component.bench import APP_SECRET, OPERATOR_KEY, StartControlPlane
from tests.component.surface import error_of

KEY = {"Authorization": f"Bearer {OPERATOR_KEY}"}
# the loop has other work, and the tests' machine other processes
ANSWERED_WITHIN_S = 1.0


async def exchange(port: int, sent: bytes, within_s: float = 5) -> tuple[int, dict[str, Any]]:
    """Send bytes over a connection of their own; give the status and the body that came."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    try:
        writer.write(sent)
        async with asyncio.timeout(within_s):
            head = await reader.readuntil(b"\r\n\r\n")
            lengths = [
                int(line.partition(b":")[2])
                for line in head.splitlines()
                if line.lower().startswith(b"content-length:")
            ]
            body = await reader.readexactly(lengths[0])
    finally:
        writer.close()
    return int(head.split()[1]), json.loads(body)


async def slowest_answer(http: aiohttp.ClientSession, tasks: list[asyncio.Task[Any]]) -> float:
    """Ask `/healthz` again and again while the attack runs."""
    slowest, asked = 0.0, 0
    while asked < 5 or not all(task.done() for task in tasks):
        began = time.monotonic()
        async with http.get("/healthz") as response:
            assert response.status == 200
        slowest, asked = max(slowest, time.monotonic() - began), asked + 1
    return slowest


@pytest.mark.parametrize("path", ["/wa/webhook", "/livekit/webhook"])
async def test_a_bomb_is_not_unpacked(
    start_controlplane: StartControlPlane, http: aiohttp.ClientSession, path: str
) -> None:
    """Compressed bodies are refused by their signature, as they came: nobody inflates them."""
    await start_controlplane()
    # as punycode, which CPython decodes in quadratic time, a tenth of it takes seconds
    bomb = gzip.compress(b"a" * 5_900_000, 9)
    headers = {"Content-Encoding": "gzip", "Content-Type": "text/plain; charset=punycode"}

    async def attack() -> None:
        for _ in range(10):
            async with http.post(path, data=bomb, headers=headers) as response:
                assert response.status == 401
                assert await error_of(response) == "bad-signature"

    attacks = [asyncio.create_task(attack()) for _ in range(3)]
    assert await slowest_answer(http, attacks) < ANSWERED_WITHIN_S
    await asyncio.gather(*attacks)


async def test_a_signature_is_over_the_bytes_on_the_wire(
    start_controlplane: StartControlPlane, http: aiohttp.ClientSession
) -> None:
    """What is signed before it was compressed is signed wrongly."""
    await start_controlplane()
    plain = b'{"object": "whatsapp_business_account", "entry": []}'
    headers = {"Content-Encoding": "gzip", "X-Hub-Signature-256": sign(plain, APP_SECRET)}
    async with http.post("/wa/webhook", data=gzip.compress(plain), headers=headers) as response:
        assert response.status == 401
    async with http.post("/wa/webhook", data=b"no gzip", headers=headers) as response:
        assert response.status == 401


@pytest.mark.parametrize(
    ("sent", "status"),
    [
        (b"GET /calls HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer \xff\xfe\r\n\r\n", 401),
        (b"GET /calls HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer \xc3\xbc\r\n\r\n", 401),
        (b"GET /" + b"a" * 9000 + b" HTTP/1.1\r\nHost: x\r\n\r\n", 400),
        (b"GET / HTTP/1.1\r\nHost: x\r\nX: " + b"a" * 9000 + b"\r\n\r\n", 400),
        (b"GET / HTTP/1.1\r\nHost: x\r\n" + b"X: y\r\n" * 200 + b"\r\n", 400),
        (b"ODD /calls HTTP/1.1\r\nHost: x\r\n\r\n", 400),
        (b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n", 400),
        (b"PROPFIND /calls HTTP/1.1\r\nHost: x\r\n\r\n", 405),
        (b"GET /calls/%zz%ff HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer x\r\n\r\n", 401),
        (b"GET http://[::1/ HTTP/1.1\r\nHost: x\r\n\r\n", 400),
        (b"POST /wa/webhook HTTP/1.1\r\nHost: x\r\nContent-Length: 99999999\r\n\r\n", 413),
        (b"POST /livekit/webhook HTTP/1.1\r\nHost: x\r\nContent-Length: 999999\r\n\r\n", 413),
    ],
    ids=["bytes-for-a-key", "letters-for-a-key", "long-line", "long-header", "many-headers",
         "odd-method", "tls", "other-method", "bad-percent", "bad-address", "large-body",
         "large-event"],
)  # fmt: skip
async def test_nonsense_is_answered_in_our_words(
    start_controlplane: StartControlPlane,
    controlplane_port: int,
    caplog: pytest.LogCaptureFixture,
    sent: bytes,
    status: int,
) -> None:
    """A 4xx with a code and a sentence; the log holds neither a traceback nor an error."""
    await start_controlplane()
    answered, body = await exchange(controlplane_port, sent)
    assert answered == status
    assert set(body["error"]) == {"code", "message"}
    assert body["error"]["message"].endswith(".")
    assert not [one for one in caplog.records if one.exc_info or one.levelno >= logging.ERROR]


async def test_slow_headers_and_bodies_are_hung_up_on(
    start_controlplane: StartControlPlane, controlplane_port: int, http: aiohttp.ClientSession
) -> None:
    """Four that trickle do not disturb others, and are told after ten seconds."""
    await start_controlplane()
    head = b"GET / HTTP/1.1\r\nX: y"
    body = b"POST /wa/webhook HTTP/1.1\r\nHost: x\r\nContent-Length: 99\r\n\r\n{"
    attacks = [
        asyncio.create_task(exchange(controlplane_port, sent, 14))
        for sent in (head, head, head, body)
    ]
    async with http.get("/healthz") as response:
        assert response.status == 200
    for status, told in await asyncio.gather(*attacks):
        assert (status, told["error"]["code"]) == (408, "too-slow")


async def test_nobody_takes_all_connections(
    start_controlplane: StartControlPlane, controlplane_port: int
) -> None:
    """One address more than its share: 503; there is room again when one has gone."""
    await start_controlplane(MAX_CONNECTIONS_PER_CLIENT="4")
    request = b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n"
    inside = [await asyncio.open_connection("127.0.0.1", controlplane_port) for _ in range(4)]
    for reader, writer in inside:
        writer.write(request)
        assert (await reader.readline()).split()[1] == b"200"
    status, body = await exchange(controlplane_port, b"")
    assert (status, body["error"]["code"]) == (503, "too-many-connections")
    for _, writer in inside:
        writer.close()
        await writer.wait_closed()
    async with asyncio.timeout(5):
        while (await exchange(controlplane_port, request))[0] != 200:
            await asyncio.sleep(0.05)


@pytest.mark.parametrize(
    "query",
    ["limit=" + "9" * 5000, "before=0001-01-01T00:00:00%2B14:00",
     "before=9999-12-31T23:59:59-14:00"],
    ids=["limit", "year-1", "year-9999"],
)  # fmt: skip
async def test_queries_at_the_ends_are_400(
    start_controlplane: StartControlPlane, http: aiohttp.ClientSession, query: str
) -> None:
    """Of operators: a number without end, times that no clock in UTC shows."""
    await start_controlplane()
    for path in ("/calls", "/consents"):
        async with http.get(f"{path}?{query}", headers=KEY) as response:
            assert response.status == 400
            assert await error_of(response) == "bad-request"


@pytest.mark.parametrize("at", ["0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-14:00"])
async def test_consents_at_the_ends_of_time_are_400(
    start_controlplane: StartControlPlane, http: aiohttp.ClientSession, at: str
) -> None:
    """In bodies as well; the field is named."""
    await start_controlplane()
    body = {"to": "+15551234567", "kind": "recording", "reference": "x", "valid_until": at}
    async with http.post("/consents/import", json=body, headers=KEY) as response:
        assert response.status == 400
        assert (await response.json())["error"]["message"].startswith("valid_until ")


async def test_a_key_that_is_not_ascii_is_400(
    start_controlplane: StartControlPlane, controlplane_port: int
) -> None:
    """`Idempotency-Key` is printable ASCII."""
    await start_controlplane()
    body = b'{"to": "+15551234567"}'
    head = (
        f"POST /calls HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {OPERATOR_KEY}\r\n"
        f"Content-Length: {len(body)}\r\nIdempotency-Key: "
    ).encode()
    status, answer = await exchange(controlplane_port, head + b"\xff\r\n\r\n" + body)
    assert (status, answer["error"]["code"]) == (400, "bad-request")


async def test_operators_send_bodies_as_they_are(
    start_controlplane: StartControlPlane, http: aiohttp.ClientSession
) -> None:
    """A compressed one is 415."""
    await start_controlplane()
    headers = KEY | {"Content-Encoding": "gzip"}
    async with http.post("/calls", data=gzip.compress(b"{}"), headers=headers) as response:
        assert response.status == 415
        assert await error_of(response) == "compressed-body"
