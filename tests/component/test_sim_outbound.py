"""Business-initiated calls at the simulator over real HTTP: requests, webhooks, permissions."""

import asyncio
import hashlib
import hmac
import json
from collections.abc import AsyncIterator, Mapping
from dataclasses import replace
from typing import Any

import aiohttp
import pytest
from aiohttp import web

from simulators.meta.api.faults import Fault, FaultKind
from simulators.meta.calls.business_call import OutboundCall
from simulators.meta.people.call_plan import CallPlan, Timing
from simulators.meta.people.callee_plan import AnswerWebhook, CalleePlan, Reaction, Statuses
from simulators.meta.people.permissions import DAY_S, WEEK_S, Grant, PermissionPolicy
from simulators.meta.people.person import Person, ReplyPlan
from simulators.meta.rules.graph import CallState
from simulators.meta.webhooks.calls import Caller, Json
from simulators.meta.whatsapp import WhatsAppSimulator
from simulators.phone.phone import CallOver
from simulators.phone.read_sdp import read_offer
from tests.data.descriptions import OFFER
from tests.data.messages import FREE_FORM, TEMPLATE
from tests.serving import serving

SECRET, TOKEN = "app-secret", "access-token"
TIMING = Timing(
    ring_s=0.3,
    first_media_s=0.3,
    mid_call_media_s=0.3,
    webhook_timeout_s=1,
    retry_delays_s=(),
    linger_s=0,
)
QUICK = CalleePlan(after_s=0.02, answer_delay_s=0.02, ringing_delay_s=0.02)


class Business:
    """Keeps the webhooks that come, and acts on the Graph API."""

    def __init__(self) -> None:
        self.changes: list[Json] = []
        self.log: list[str] = []
        """What happened in order: webhooks by name, and `200` for the response of connect."""
        self.url = ""
        self.graph = ""
        self.takes = asyncio.Event()
        self.takes.set()
        self._came = asyncio.Condition()

    async def post(self, request: web.Request) -> web.Response:
        raw = await request.read()
        wanted = hmac.new(SECRET.encode(), raw, hashlib.sha256).hexdigest()
        assert request.headers.get("X-Hub-Signature-256") == f"sha256={wanted}"
        for entry in json.loads(raw)["entry"]:
            for change in entry["changes"]:
                self.changes.append(change)
                self.log.append(_name(change["value"]))
        async with self._came:
            self._came.notify_all()
        await self.takes.wait()
        return web.Response()

    async def until(self, name: str, deadline_s: float = 30) -> Json:
        """Wait for a webhook; return its change's value."""
        async with asyncio.timeout(deadline_s), self._came:
            await self._came.wait_for(lambda: name in self.log)
        return next(change["value"] for change in self.changes if _name(change["value"]) == name)

    async def send(self, path: str, body: object) -> tuple[int, Any]:
        """POST to Graph."""
        async with (
            self._http() as http,
            http.post(f"{self.graph}/{path}", json=body) as response,
        ):
            if path == "calls" and isinstance(body, dict) and body.get("action") == "connect":
                self.log.append(str(response.status))
            return response.status, await response.json(content_type=None)

    async def read(self, **query: str) -> tuple[int, Any]:
        """GET the call permissions."""
        async with (
            self._http() as http,
            http.get(f"{self.graph}/call_permissions", params=query) as response,
        ):
            return response.status, await response.json()

    async def dial(self, **changes: object) -> tuple[int, Any]:
        """Send a right `connect`, changed."""
        body = {
            "messaging_product": "whatsapp",
            "to": "+15550100123",
            "action": "connect",
            "session": {"sdp_type": "offer", "sdp": OFFER},
            "biz_opaque_callback_data": "our-id",
        }
        return await self.send("calls", body | changes)

    async def terminate(self, call: OutboundCall) -> int:
        body = {"messaging_product": "whatsapp", "call_id": call.wacid, "action": "terminate"}
        return (await self.send("calls", body))[0]

    def _http(self) -> aiohttp.ClientSession:
        return aiohttp.ClientSession(
            headers={"Authorization": f"Bearer {TOKEN}"}, timeout=aiohttp.ClientTimeout(total=3)
        )


def _name(value: Mapping[str, Any]) -> str:
    for call in value.get("calls", []):
        return str(call["event"])
    for status in value.get("statuses", []):
        return str(status["status"])
    for message in value.get("messages", []):
        return str(message["interactive"]["type"] if "interactive" in message else message["type"])
    return "?"


@pytest.fixture
async def business() -> AsyncIterator[Business]:
    business = Business()
    async with serving(web.post("/wa/webhook", business.post)) as url:
        business.url = f"{url}/wa/webhook"
        yield business


@pytest.fixture
async def whatsapp(business: Business) -> AsyncIterator[WhatsAppSimulator]:
    async with WhatsAppSimulator(
        app_secret=SECRET, access_token=TOKEN, webhook_url=business.url, timing=TIMING
    ) as simulator:
        business.graph = f"{simulator.graph_url}/v24.0/{simulator.line.phone_number_id}"
        yield simulator


def somebody(whatsapp: WhatsAppSimulator, plan: CalleePlan = QUICK, **options: Any) -> Person:
    """Add a person who may be called."""
    person = whatsapp.add_person(Person(caller=Caller(), plan=plan, **options))
    whatsapp.outbound.grant(person)
    return person


def error_of(answer: tuple[int, Any]) -> tuple[int, int]:
    """Return status and code of a refusal."""
    status, body = answer
    assert body["error"]["fbtrace_id"]
    return status, body["error"]["code"]


async def test_answered_call(whatsapp: WhatsAppSimulator, business: Business) -> None:
    """The id comes back, then the answer, RINGING, ACCEPTED; without media it FAILS, billed."""
    person = somebody(whatsapp)
    status, body = await business.dial()
    call = await whatsapp.next_outbound_call(30)
    assert (status, body) == (
        200,
        {"messaging_product": "whatsapp", "calls": [{"id": call.wacid}]},
    )
    assert call.person is person
    assert whatsapp.find(call.wacid) is call
    await call.rings(12)
    await call.accepted(30)
    assert call.state is CallState.ACCEPTED
    end = await call.ended(30)
    assert (end.by, end.status, end.duration_s, end.error_code) == ("meta", "FAILED", 0, 138021)
    assert business.log == ["200", "connect", "RINGING", "ACCEPTED", "terminate"]
    (connect,) = (await business.until("connect"))["calls"]
    assert connect["session"] == {"sdp_type": "answer", "sdp": call.answer_sdp}
    assert connect["biz_opaque_callback_data"] == "our-id"
    (ringing,) = (await business.until("RINGING"))["statuses"]
    assert (ringing["id"], ringing["biz_opaque_callback_data"]) == (call.wacid, "our-id")
    (terminate,) = (await business.until("terminate"))["calls"]
    assert terminate["start_time"]
    assert terminate["biz_opaque_callback_data"] == "our-id"
    assert [charge.pulses for charge in whatsapp.bill.charges] == [1]
    steps = list(call.timings.since_offer_ms())
    assert steps == [
        "offer_received",
        "response_sent",
        "answer_sent",
        "answer_acknowledged",
        "ringing",
        "picked_up",
        "ended",
    ]
    assert [request.action for request in call.requests] == ["connect"]
    assert call.violations == []


@pytest.mark.parametrize(
    ("changes", "log"),
    [
        ({}, ["200", "connect", "RINGING", "ACCEPTED"]),
        (
            {"answer_webhook": AnswerWebhook.BEFORE_RESPONSE},
            ["connect", "200", "RINGING", "ACCEPTED"],
        ),
        ({"answer_webhook": AnswerWebhook.NEVER}, ["200", "RINGING", "ACCEPTED"]),
        ({"statuses": Statuses.SWAPPED}, ["200", "connect", "ACCEPTED", "RINGING"]),
        ({"statuses": Statuses.NO_RINGING}, ["200", "connect", "ACCEPTED"]),
        ({"statuses": Statuses.NO_ACCEPTED}, ["200", "connect", "RINGING"]),
        ({"statuses": Statuses.BEFORE_ANSWER}, ["200", "RINGING", "ACCEPTED", "connect"]),
        ({"statuses": Statuses.NONE}, ["200", "connect"]),
        ({"status_copies": 2}, ["200", "connect", *["RINGING"] * 2, *["ACCEPTED"] * 2]),
    ],
)
async def test_what_comes_when(
    whatsapp: WhatsAppSimulator, business: Business, changes: dict[str, Any], log: list[str]
) -> None:
    """Webhooks come in the order of the plan, and those are missing that are to be missing."""
    somebody(whatsapp, replace(QUICK, ringing_delay_s=0.1, **changes))
    await business.dial()
    call = await whatsapp.next_outbound_call(30)
    await call.accepted(30)
    await call.ended(30)
    assert business.log == [*log, "terminate"]


async def test_a_slow_business_gets_its_webhooks_in_order(
    whatsapp: WhatsAppSimulator, business: Business
) -> None:
    """A status waits until the answer was taken; an answer waits for a slow response."""
    somebody(whatsapp)
    whatsapp.graph.latency_after_s = 0.3
    business.takes.clear()
    await business.dial()
    call = await whatsapp.next_outbound_call(30)
    await business.until("connect")
    await call.accepted(30)
    assert business.log == ["200", "connect"]
    business.takes.set()
    await business.until("terminate")
    assert business.log == ["200", "connect", "RINGING", "ACCEPTED", "terminate"]


@pytest.mark.parametrize(
    ("reaction", "log", "by"),
    [
        (Reaction.REJECTS, ["connect", "RINGING", "REJECTED"], "user"),
        (Reaction.BUSY, ["connect", "REJECTED"], "user"),
        (Reaction.IGNORES, ["connect", "RINGING"], "meta"),
        (Reaction.UNREACHABLE, ["connect"], "meta"),
        (Reaction.FAILS, ["connect", "RINGING"], "meta"),
    ],
)
async def test_unanswered_calls(
    whatsapp: WhatsAppSimulator,
    business: Business,
    reaction: Reaction,
    log: list[str],
    by: str,
) -> None:
    """Each way not to answer has its webhooks; none has a duration, none is billed."""
    person = somebody(whatsapp, replace(QUICK, reaction=reaction))
    await business.dial()
    call = await whatsapp.next_outbound_call(30)
    with pytest.raises(CallOver):
        await call.accepted(30)
    end = await call.ended(30)
    assert (end.by, end.duration_s) == (by, None)
    assert end.error_code == (138019 if reaction is Reaction.FAILS else None)
    assert business.log == ["200", *log, "terminate"]
    assert "duration" not in (await business.until("terminate"))["calls"][0]
    assert whatsapp.bill.charges == []
    assert person.permission.unanswered == (reaction is not Reaction.UNREACHABLE)
    if reaction in (Reaction.BUSY, Reaction.UNREACHABLE):
        with pytest.raises(CallOver):
            await call.rings(12)


async def test_business_cancels_while_it_rings(
    whatsapp: WhatsAppSimulator, business: Business
) -> None:
    """Terminate of a ringing call ends it; what follows is refused."""
    person = somebody(whatsapp, replace(QUICK, reaction=Reaction.IGNORES))
    await business.dial()
    call = await whatsapp.next_outbound_call(30)
    await call.rings(12)
    assert await business.terminate(call) == 200
    end = await call.ended(30)
    assert (end.by, end.status, end.duration_s) == ("business", "COMPLETED", None)
    assert await business.terminate(call) == 400
    assert person.permission.unanswered == 1
    assert call.violations == []
    call.pick_up()
    assert call.state is CallState.ENDED


async def test_person_hangs_up(whatsapp: WhatsAppSimulator, business: Business) -> None:
    """A person picks up and hangs up by hand."""
    somebody(whatsapp, replace(QUICK, reaction=Reaction.IGNORES))
    await business.dial()
    call = await whatsapp.next_outbound_call(30)
    await call.rings(12)
    call.pick_up()
    call.reject()
    call.hang_up()
    end = await call.ended(30)
    assert (end.by, end.status, end.duration_s) == ("user", "COMPLETED", 0)
    assert business.log[-2:] == ["ACCEPTED", "terminate"]


async def test_refused_dials(whatsapp: WhatsAppSimulator, business: Business) -> None:
    """Each rule has its status and code, and a refused dial leaves no call."""
    assert error_of(await business.dial()) == (400, 138001)
    person = whatsapp.add_person(Person(caller=Caller(), plan=QUICK))
    assert error_of(await business.dial()) == (401, 138006)
    whatsapp.outbound.grant(person)
    bad = {"sdp_type": "offer", "sdp": OFFER.replace("a=ptime:20", "a=ptime:40")}
    assert error_of(await business.dial(session=bad)) == (400, 138008)
    outbound = whatsapp.outbound
    for changes, wanted in (
        ({"paused": True}, (400, 138014)),
        ({"barred_country_codes": ("44",)}, (400, 138013)),
        ({"allowed_recipients": frozenset({"15550100999"})}, (400, 131030)),
        ({"concurrent": 0}, (429, 138002)),
        ({"initiations_per_s": 0}, (429, 138005)),
    ):
        usual = outbound.policy
        outbound.policy = replace(usual, **changes)
        assert error_of(await business.dial()) == wanted
        outbound.policy = usual
    assert outbound.calls == []
    status, _ = await business.dial(to=None, recipient=person.user_id)
    assert status == 200
    assert error_of(await business.dial()) == (400, 138003)
    await outbound.calls[0].ended(30)
    assert (await business.dial())[0] == 200


async def test_two_dials_at_once_make_one_call(
    whatsapp: WhatsAppSimulator, business: Business
) -> None:
    """A retried dial is a second dial to Meta: one of the two is 138003."""
    somebody(whatsapp)
    answers = await asyncio.gather(business.dial(), business.dial())
    assert sorted(status for status, _ in answers) == [200, 400]


async def test_user_on_a_call_of_their_own(whatsapp: WhatsAppSimulator, business: Business) -> None:
    """Who calls the business cannot be called by it: one call per person, in either direction."""
    somebody(whatsapp)
    await whatsapp.call(CallPlan())
    assert error_of(await business.dial()) == (400, 138003)


async def test_connected_calls_are_limited(business: Business) -> None:
    """After the day's last connected call the next one is 138012, with the time."""
    async with WhatsAppSimulator(
        app_secret=SECRET, access_token=TOKEN, webhook_url=business.url, timing=TIMING
    ) as whatsapp:
        business.graph = f"{whatsapp.graph_url}/v24.0/{whatsapp.line.phone_number_id}"
        whatsapp.outbound.policy = replace(
            whatsapp.outbound.policy, permission=PermissionPolicy(connected_per_day=1)
        )
        somebody(whatsapp)
        await business.dial()
        await (await whatsapp.next_outbound_call(30)).ended(30)
        status, body = await business.dial()
        assert (status, body["error"]["code"]) == (400, 138012)
        assert "Next call allowed at 2" in body["error"]["error_data"]["details"]
        whatsapp.clock.advance(DAY_S)
        assert (await business.dial())[0] == 200


@pytest.mark.parametrize("kind", [FaultKind.ERROR_AFTER, FaultKind.DROP_AFTER, FaultKind.GARBAGE])
async def test_lost_responses_leave_a_call(
    whatsapp: WhatsAppSimulator, business: Business, kind: FaultKind
) -> None:
    """Although the business never learns the id, the phone rings and the echo comes."""
    somebody(whatsapp)
    whatsapp.fail(Fault(action="connect", kind=kind))
    try:
        await business.dial()
    except (aiohttp.ClientError, ValueError):
        pass
    connect = (await business.until("connect"))["calls"][0]
    assert connect["biz_opaque_callback_data"] == "our-id"
    assert len(whatsapp.outbound.calls) == 1


async def test_permission_is_asked_for_and_given(
    whatsapp: WhatsAppSimulator, business: Business
) -> None:
    """Request, reply webhook, call; a week later it has expired and the dial is refused."""
    person = whatsapp.add_person(Person(caller=Caller(), plan=QUICK))
    assert error_of(await business.send("messages", FREE_FORM)) == (400, 131047)
    whatsapp.outbound.write_text(person, "Please call me.")
    text = (await business.until("text"))["messages"][0]
    assert (text["from_user_id"], text["text"]) == (person.user_id, {"body": "Please call me."})
    status, body = await business.send("messages", FREE_FORM)
    assert status == 200
    assert body == {
        "messaging_product": "whatsapp",
        "contacts": [{"input": person.phone, "wa_id": person.phone, "user_id": person.user_id}],
        "messages": [{"id": body["messages"][0]["id"]}],
    }
    assert error_of(await business.send("messages", TEMPLATE)) == (400, 138009)
    assert person.inbox[0]["interactive"]["body"]["text"].startswith("May we")
    whatsapp.outbound.reply_to_request(person)
    reply = (await business.until("call_permission_reply"))["messages"][0]
    assert reply["context"]["id"] == body["messages"][0]["id"]
    decision = reply["interactive"]["call_permission_reply"]
    assert (decision["response"], decision["is_permanent"]) == ("accept", False)
    _, view = await business.read(user_wa_id=f"+{person.phone}")
    assert view["permission"] == {
        "status": "temporary",
        "expiration_time": int(decision["expiration_timestamp"]),
    }
    assert (await business.dial())[0] == 200
    whatsapp.clock.advance(WEEK_S)
    assert (await business.read(recipient=person.user_id))[1]["permission"] == {
        "status": "no_permission"
    }
    await whatsapp.outbound.calls[0].ended(30)
    assert error_of(await business.dial()) == (401, 138006)


async def test_template_request_is_answered_by_plan(
    whatsapp: WhatsAppSimulator, business: Business
) -> None:
    """A person may answer requests alone; a permanent permission needs no second request."""
    whatsapp.add_person(Person(caller=Caller(), replies=ReplyPlan(permanent=True, after_s=0)))
    status, body = await business.send("messages", TEMPLATE)
    assert status == 200
    assert body["messages"][0]["message_status"] == "accepted"
    reply = (await business.until("call_permission_reply"))["messages"][0]
    assert reply["interactive"]["call_permission_reply"]["is_permanent"] is True
    assert error_of(await business.send("messages", TEMPLATE)) == (400, 138017)


async def test_old_clients_cannot_be_asked(whatsapp: WhatsAppSimulator, business: Business) -> None:
    """The request is taken, then a webhook says that it could not be delivered."""
    person = whatsapp.add_person(Person(caller=Caller(), old_client=True))
    assert (await business.send("messages", TEMPLATE))[0] == 200
    failed = (await business.until("failed"))["statuses"][0]
    assert failed["errors"][0]["code"] == 131026
    assert person.permission.open_requests(whatsapp.clock.now()) == []


async def test_four_unanswered_calls_revoke(
    whatsapp: WhatsAppSimulator, business: Business
) -> None:
    """The second unanswered call nudges the person, the fourth takes the permission, told so."""
    person = somebody(whatsapp, replace(QUICK, reaction=Reaction.BUSY))
    for number in range(1, 5):
        assert (await business.dial())[0] == 200
        await (await whatsapp.next_outbound_call(30)).ended(30)
        assert person.nudged == (number >= 2)
    reply = (await business.until("call_permission_reply"))["messages"][0]
    assert "context" not in reply
    assert reply["interactive"]["call_permission_reply"] == {
        "response": "reject",
        "response_source": "automatic",
    }
    assert error_of(await business.dial()) == (401, 138006)


async def test_user_call_grants_a_callback(whatsapp: WhatsAppSimulator, business: Business) -> None:
    """Who calls may be called back, and may be written to."""
    person = whatsapp.add_person(Person(caller=Caller()))
    call = await whatsapp.call(CallPlan())
    reply = (await business.until("call_permission_reply"))["messages"][0]
    assert reply["context"]["id"] == call.wacid
    assert reply["interactive"]["call_permission_reply"]["response_source"] == "automatic"
    now = whatsapp.clock.now()
    assert person.permission.grant(now) is Grant.TEMPORARY
    assert person.window_is_open(now)
    assert not person.window_is_open(now + DAY_S)


async def test_switch_in_the_profile(whatsapp: WhatsAppSimulator, business: Business) -> None:
    """The user's own switch grants for good, without a request behind it."""
    person = whatsapp.add_person(Person(caller=Caller()))
    whatsapp.outbound.switch_on(person)
    reply = (await business.until("call_permission_reply"))["messages"][0]
    assert "context" not in reply
    assert person.permission.grant(whatsapp.clock.now()) is Grant.PERMANENT
    assert whatsapp.outbound.switch_off(person) is None
    assert person.permission.grant(whatsapp.clock.now()) is Grant.NONE


async def test_reads_are_limited_and_checked(
    whatsapp: WhatsAppSimulator, business: Business
) -> None:
    """Strangers have no permission, a read without a user is 100, the sixth in a second 613."""
    assert (await business.read(user_wa_id="15550100999"))[1]["permission"] == {
        "status": "no_permission"
    }
    assert error_of(await business.read()) == (400, 100)
    answers = await asyncio.gather(*(business.read(recipient="US.1") for _ in range(4)))
    assert sorted(status for status, _ in answers) == [200, 200, 200, 429]
    assert [body["error"]["code"] for status, body in answers if status == 429] == [613]


async def test_phone_takes_the_choice_that_is_left(
    whatsapp: WhatsAppSimulator, business: Business
) -> None:
    """To an offer of `active` the answer is `passive`; to `actpass` it is what the plan says."""
    person = somebody(whatsapp)
    for offered, planned, answered in (
        ("actpass", "active", "active"),
        ("actpass", "passive", "passive"),
        ("actpass", "actpass", "actpass"),
        ("active", "active", "passive"),
    ):
        person.plan = replace(QUICK, setup=planned)
        sdp = OFFER.replace("setup:actpass", f"setup:{offered}")
        await business.dial(session={"sdp_type": "offer", "sdp": sdp})
        call = await whatsapp.next_outbound_call(30)
        assert f"a=setup:{answered}\r\n" in call.answer_sdp
        assert read_offer(call.answer_sdp).mid == "0"
        call.hang_up()
        await call.ended(30)
        person.permission.allow(whatsapp.clock.now(), permanent=False)
