"""The WhatsApp simulator over real HTTP, with a business that is only a list of what it got."""

import hashlib
import hmac
import json
from collections.abc import AsyncIterator
from typing import Any

import aiohttp
import pytest
from aiohttp import web

from simulators.meta.api.faults import Fault, FaultKind
from simulators.meta.calls.user_call import SimulatedCall
from simulators.meta.people.call_plan import CallPlan, Timing
from simulators.meta.rules.graph import CallState
from simulators.meta.webhooks.calls import Caller
from simulators.meta.whatsapp import WhatsAppSimulator
from simulators.phone.phone import CallOver
from tests.eventually import eventually
from tests.serving import serving

SECRET, TOKEN, VERIFY = "app-secret", "access-token", "verify-token"
TIMING = Timing(
    ring_s=30,
    first_media_s=0.3,
    mid_call_media_s=0.3,
    webhook_timeout_s=1,
    retry_delays_s=(0, 0.01),
    linger_s=0,
)


class Business:
    """A webhook that keeps what comes and answers with the statuses it is told."""

    def __init__(self) -> None:
        self.received: list[dict[str, Any]] = []
        self.answers: list[int] = []
        self.url = ""

    async def post(self, request: web.Request) -> web.Response:
        """Check the signature over the raw bytes, keep the body."""
        raw = await request.read()
        wanted = hmac.new(SECRET.encode(), raw, hashlib.sha256).hexdigest()
        if request.headers.get("X-Hub-Signature-256") != f"sha256={wanted}":
            return web.Response(status=401)
        self.received.append(json.loads(raw))
        return web.Response(status=self.answers.pop(0) if self.answers else 200)

    async def get(self, request: web.Request) -> web.Response:
        """Answer the handshake."""
        if request.query.get("hub.verify_token") != VERIFY:
            return web.Response(status=403)
        return web.Response(text=request.query["hub.challenge"])

    @property
    def events(self) -> list[tuple[str, str]]:
        """Every call event: its kind and its call's id."""
        return [
            (call["event"], call["id"])
            for body in self.received
            for entry in body["entry"]
            for change in entry["changes"]
            for call in change["value"].get("calls", [])
        ]


@pytest.fixture
async def business() -> AsyncIterator[Business]:
    """A business on a free port."""
    business = Business()
    routes = (web.post("/wa/webhook", business.post), web.get("/wa/webhook", business.get))
    async with serving(*routes) as url:
        business.url = f"{url}/wa/webhook"
        yield business


@pytest.fixture
async def whatsapp(business: Business) -> AsyncIterator[WhatsAppSimulator]:
    """The simulator, pointed at the business."""
    async with WhatsAppSimulator(
        app_secret=SECRET, access_token=TOKEN, webhook_url=business.url, timing=TIMING
    ) as simulator:
        yield simulator


def answer_to(call: SimulatedCall) -> str:
    """Make a valid answer from the offer; nobody listens at its address."""
    lines = []
    for line in call.phone.offer.split("\r\n"):
        if line.startswith(("a=candidate", "a=rtpmap:126", "a=ssrc", "a=ice-lite", "a=rtcp-fb")):
            continue
        line = line.replace(" 111 126", " 111").replace("actpass", "active")
        lines.append(line)
    return "\r\n".join([*lines[:-1], "a=ssrc:77 cname:business", ""])


async def graph(
    whatsapp: WhatsAppSimulator,
    call: SimulatedCall | None,
    action: str,
    *,
    sdp: str | None = None,
    version: str = "v24.0",
    token: str = TOKEN,
) -> tuple[int, Any]:
    """Send one action; return status and body."""
    body: dict[str, Any] = {
        "messaging_product": "whatsapp",
        "call_id": call.wacid if call else "wacid.unknown",
        "action": action,
    }
    if action in ("pre_accept", "accept"):
        body["session"] = {"sdp_type": "answer", "sdp": sdp or (answer_to(call) if call else "x")}
    url = f"{whatsapp.graph_url}/{version}/{whatsapp.line.phone_number_id}/calls"
    headers = {"Authorization": f"Bearer {token}"}
    timeout = aiohttp.ClientTimeout(total=2)
    async with (
        aiohttp.ClientSession(timeout=timeout) as http,
        http.post(url, json=body, headers=headers) as response,
    ):
        return response.status, await response.json(content_type=None)


OK = (200, {"messaging_product": "whatsapp", "success": True})


async def test_answered_call_without_media_fails_like_metas(
    whatsapp: WhatsAppSimulator, business: Business
) -> None:
    """pre_accept and accept succeed; without media the call FAILS with 138021 and a duration."""
    call = await whatsapp.call()
    assert await graph(whatsapp, call, "pre_accept") == OK
    assert call.state is CallState.PRE_ACCEPTED
    assert await graph(whatsapp, call, "accept") == OK
    await call.accepted(30)
    end = await call.ended(30)
    assert (end.by, end.status, end.duration_s, end.error_code) == ("meta", "FAILED", 0, 138021)
    (connect, terminate) = business.received
    value = connect["entry"][0]["changes"][0]["value"]
    assert value["contacts"][0]["profile"]["name"] == Caller().name
    assert value["calls"][0]["session"]["sdp"] == call.phone.offer
    value = terminate["entry"][0]["changes"][0]["value"]
    assert value["errors"][0]["code"] == 138021
    assert value["calls"][0]["start_time"]
    assert [request.action for request in call.requests] == ["pre_accept", "accept"]
    steps = call.timings.since_webhook_ms()
    assert steps["webhook_sent"] == 0
    assert 0 < steps["pre_accept"] <= steps["pre_accept_answered"] <= steps["accept"]
    assert call.violations == []


async def test_user_hangs_up_while_it_rings(
    whatsapp: WhatsAppSimulator, business: Business
) -> None:
    """An unanswered call ends COMPLETED, without a duration."""
    call = await whatsapp.call()
    call.hang_up()
    call.hang_up()
    end = await call.ended(30)
    assert (end.by, end.status, end.duration_s) == ("user", "COMPLETED", None)
    with pytest.raises(CallOver):
        await call.accepted(30)
    with pytest.raises(CallOver):
        await call.phone.wait_agent_speaking(30)
    assert sorted(business.events) == [("connect", call.wacid), ("terminate", call.wacid)]
    status, body = await graph(whatsapp, call, "accept")
    assert status == 400
    assert "has ended" in body["error"]["error_data"]["details"]
    assert call.violations == []


async def test_ring_timeout(business: Business) -> None:
    """A call that nobody answers ends by itself."""
    timing = Timing(ring_s=0.1, linger_s=0)
    async with WhatsAppSimulator(
        app_secret=SECRET, access_token=TOKEN, webhook_url=business.url, timing=timing
    ) as whatsapp:
        end = await (await whatsapp.call()).ended(30)
    assert (end.by, end.status, end.duration_s) == ("meta", "COMPLETED", None)


@pytest.mark.parametrize("action", ["reject", "terminate"])
async def test_business_ends_a_ringing_call(
    whatsapp: WhatsAppSimulator, business: Business, action: str
) -> None:
    """Reject and terminate end it, Meta confirms with the webhook, a second one is refused."""
    call = await whatsapp.call()
    assert await graph(whatsapp, call, action) == OK
    assert (await call.ended(30)).by == "business"
    assert business.events[-1] == ("terminate", call.wacid)
    assert (await graph(whatsapp, call, action))[0] == 400


async def test_refusals_over_http(whatsapp: WhatsAppSimulator) -> None:
    """Wrong token, version, call and SDP each give Meta's status, code and trace id."""
    call = await whatsapp.call()
    for (status, body), wanted in [
        (await graph(whatsapp, call, "accept", token="x"), (401, 190)),
        (await graph(whatsapp, call, "accept", version="v1.0"), (400, 2500)),
        (await graph(whatsapp, None, "accept"), (400, 100)),
        (await graph(whatsapp, None, "connect"), (400, 100)),
        (await graph(whatsapp, call, "accept", sdp="v=0\r\n"), (400, 138008)),
    ]:
        assert (status, body["error"]["code"]) == wanted
        assert body["error"]["fbtrace_id"]
    assert await graph(whatsapp, call, "pre_accept") == OK
    other = answer_to(call).replace("cname:business", "cname:other")
    status, body = await graph(whatsapp, call, "accept", sdp=other)
    assert body["error"]["code"] == 138008
    assert len(call.violations) == 2
    assert all(violation.rule for violation in call.violations)


async def test_reads_and_unknown_paths(whatsapp: WhatsAppSimulator) -> None:
    """The number and its calling settings can be read; other paths are 404 in Graph's shape."""
    headers = {"Authorization": f"Bearer {TOKEN}"}
    number = f"{whatsapp.graph_url}/v24.0/{whatsapp.line.phone_number_id}"
    async with aiohttp.ClientSession(headers=headers) as http:
        async with http.get(number, params={"fields": "display_phone_number"}) as response:
            assert await response.json() == {
                "display_phone_number": f"+{whatsapp.line.display_phone_number}",
                "id": whatsapp.line.phone_number_id,
            }
        async with http.get(number, params={"fields": "shoe_size"}) as response:
            assert response.status == 400
        async with http.get(f"{number}/settings") as response:
            assert (await response.json())["calling"]["status"] == "ENABLED"
        for method, path in (("GET", "/me/feed/x"), ("PUT", "/"), ("DELETE", "/v24.0/1/calls")):
            async with http.request(method, whatsapp.graph_url + path) as response:
                assert response.status == 404
                assert (await response.json())["error"]["code"] == 803


@pytest.mark.parametrize(
    ("kind", "answered", "state"),
    [
        (FaultKind.ERROR_BEFORE, 500, CallState.RINGING),
        (FaultKind.ERROR_AFTER, 500, CallState.ACCEPTED),
        (FaultKind.DROP_BEFORE, None, CallState.RINGING),
        (FaultKind.DROP_AFTER, None, CallState.ACCEPTED),
        (FaultKind.HANG, None, CallState.RINGING),
        (FaultKind.GARBAGE, None, CallState.ACCEPTED),
        (FaultKind.DELAY, 200, CallState.ACCEPTED),
    ],
)
async def test_faults_on_cue(
    whatsapp: WhatsAppSimulator, kind: FaultKind, answered: int | None, state: CallState
) -> None:
    """Each fault answers as told and leaves the call done or undone; the next request works."""
    call = await whatsapp.call()
    whatsapp.fail(Fault(action="accept", kind=kind, delay_s=0.1))
    if answered is None:
        with pytest.raises((aiohttp.ClientError, TimeoutError, ValueError)):
            await graph(whatsapp, call, "accept")
    else:
        assert (await graph(whatsapp, call, "accept"))[0] == answered
    assert call.state is state
    assert whatsapp.requests[0].fault is kind
    assert call.violations == []
    assert await graph(whatsapp, call, "terminate") == OK


async def test_webhooks_are_retried_until_taken(
    whatsapp: WhatsAppSimulator, business: Business
) -> None:
    """An answer other than 2xx brings the same bytes again; in the end Meta gives up."""
    business.answers = [500]
    call = await whatsapp.call()
    assert call.connect_delivery is not None
    await call.connect_delivery.wait(5)
    assert [attempt.status for attempt in call.connect_delivery.attempts] == [500, 200]
    assert business.received[0] == business.received[1]

    business.answers = [500, 500, 500]
    call.hang_up()
    await call.ended(30)
    assert call.terminate_delivery is not None
    assert call.terminate_delivery.given_up


async def test_duplicates_batches_and_strangers(
    whatsapp: WhatsAppSimulator, business: Business
) -> None:
    """Copies, two calls in one body, unknown events and another line's calls all come."""
    call = await whatsapp.call(CallPlan(connect_copies=3, with_unknown=True))
    await eventually(lambda: len(business.received) >= 3)
    assert business.events.count(("connect", call.wacid)) == 3
    assert ("teleported" in dict(business.events)) is True

    business.received.clear()
    first, second = await whatsapp.call_together(
        [CallPlan(), CallPlan(caller=Caller(phone="15550100124"))]
    )
    assert second.connect_delivery is not None
    await second.connect_delivery.wait(5)
    assert business.events == [("connect", first.wacid), ("connect", second.wacid)]
    assert second.timings.webhook_sent == first.timings.webhook_sent

    business.received.clear()
    stranger = await whatsapp.call(CallPlan(phone_number_id="999", age_s=100))
    assert stranger.connect_delivery is not None
    await stranger.connect_delivery.wait(5)
    value = business.received[0]["entry"][0]["changes"][0]["value"]
    assert value["metadata"]["phone_number_id"] == "999"


async def test_terminate_before_connect(whatsapp: WhatsAppSimulator, business: Business) -> None:
    """With `connect_last` the connect only comes after the terminate was taken."""
    call = await whatsapp.call(CallPlan(connect_last=True))
    call.hang_up()
    await call.ended(30)
    await eventually(lambda: len(business.events) >= 2)
    assert business.events == [("terminate", call.wacid), ("connect", call.wacid)]


async def test_any_webhook_any_signature(whatsapp: WhatsAppSimulator, business: Business) -> None:
    """Wrongly signed and unsigned bodies can be sent, and the handshake be done."""
    for signature in ("sha256=" + "0" * 64, ""):
        delivery = whatsapp.send_webhook({"entry": []}, signature=signature)
        await delivery.wait(5)
        assert {attempt.status for attempt in delivery.attempts} == {401}
    assert business.received == []
    assert await whatsapp.verify_webhook(VERIFY)
    assert not await whatsapp.verify_webhook("wrong")
