"""STOP in every kind of message, what may be one, Meta's own switch, and requests that fail."""

import asyncio
import json
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import Any

import aiohttp
import pytest
import pytest_asyncio
from aiohttp import web

from controlplane.app import ControlPlane
from controlplane.core.consent import ConsentKind, ConsentSource
from shared.call.call import Call, CallStatus, Direction, EndReason
from shared.call.errors import CallDenied
from shared.call.ids import CallId, WhatsAppCallId
from shared.call.person import Party, Person
from shared.database.supabase import SupabaseStore
from simulators.meta.people.messages import (
    button_message,
    chosen_message,
    edited_message,
    make_wamid,
    text_message,
)
from simulators.meta.people.person import Person as SimulatedPerson
from simulators.meta.webhooks.calls import Caller, Json
from simulators.meta.whatsapp import WhatsAppSimulator
from tests.component.bench import (
    OPERATOR_KEY,
    StartControlPlane,
    line_of,
)
from tests.eventually import eventually
from tests.serving import serving
from wacall import cli

BOB_DIGITS, BOB_PHONE = "31612345678", "+31 6 1234 5678"
CALLER = Caller(phone=BOB_DIGITS, user_id="NL.31")
BOB = Person(phone=BOB_DIGITS)
AUTH = {"Authorization": f"Bearer {OPERATOR_KEY}"}
NOW = int(datetime.now(UTC).timestamp())


@pytest_asyncio.fixture
async def plane(start_controlplane: StartControlPlane) -> ControlPlane:
    return await start_controlplane()


@pytest.fixture
def bob(whatsapp: WhatsAppSimulator) -> SimulatedPerson:
    """Bob, of whom nobody has heard, and who will permit calls if he is asked."""
    return whatsapp.add_person(SimulatedPerson(caller=CALLER))


async def post(http: aiohttp.ClientSession, path: str, body: Any) -> tuple[int, Any]:
    async with http.post(path, json=body, headers=AUTH) as response:
        return response.status, await response.json()


async def listed(http: aiohttp.ClientSession, **query: str) -> Any:
    async with http.get("/consents", params=query, headers=AUTH) as response:
        return await response.json()


async def allow(plane: ControlPlane, whatsapp: WhatsAppSimulator, bob: SimulatedPerson) -> None:
    """Let Bob permit calls for good, and wait until the ledger knows."""
    whatsapp.outbound.switch_on(bob)

    async def may_call() -> bool:
        return await verdict(plane) == "allowed"

    await eventually(may_call)


async def verdict(plane: ControlPlane) -> str:
    """Whether Bob may be called now, or the reason why not."""
    try:
        await plane.use_cases.permissions.check(BOB, line=line_of(plane))
    except CallDenied as denied:
        return denied.code
    return "allowed"


async def until_verdict(plane: ControlPlane, expected: str) -> None:
    async def reached() -> bool:
        return await verdict(plane) == expected

    await eventually(reached)


# --- STOP ---


@pytest.mark.parametrize(
    "message",
    [
        button_message(make_wamid(BOB_DIGITS), CALLER, "No more calls", "opt_out", NOW),
        button_message(make_wamid(BOB_DIGITS), CALLER, "No, thanks", "STOP", NOW),
        chosen_message(make_wamid(BOB_DIGITS), CALLER, "Stop", "b3", NOW),
        chosen_message(make_wamid(BOB_DIGITS), CALLER, "Unsubscribe", "r", NOW, kind="list_reply"),
        edited_message(make_wamid(BOB_DIGITS), CALLER, "wamid.TYPO", "Bel mij niet meer", NOW),
    ],
    ids=["quick-reply", "payload", "button", "list", "edit"],
)
async def test_a_stop_in_every_kind_of_message_forbids_calls(
    plane: ControlPlane, whatsapp: WhatsAppSimulator, bob: SimulatedPerson, message: Json
) -> None:
    """A permission for good does not help."""
    await allow(plane, whatsapp, bob)
    whatsapp.outbound.write(bob, message)
    await until_verdict(plane, "do-not-call")
    entries = await plane.ledger.entries(person=BOB, limit=9)
    texted = [one for one in entries if one.source is ConsentSource.TEXT]
    assert {(one.kind, one.granted, one.source_ref) for one in texted} == {
        (ConsentKind.DO_NOT_CALL, True, message["id"]),
        (ConsentKind.MARKETING_FOLLOW_UP, False, message["id"]),
    }


async def test_the_switch_lifts_what_it_has_set(
    plane: ControlPlane, whatsapp: WhatsAppSimulator, bob: SimulatedPerson
) -> None:
    """Marketing messages off: no calls either; on again: calls as before."""
    await allow(plane, whatsapp, bob)
    whatsapp.outbound.prefer(bob, stops=True)
    await until_verdict(plane, "do-not-call")
    whatsapp.outbound.prefer(bob, stops=False)
    await until_verdict(plane, "allowed")
    entries = await plane.ledger.entries(person=BOB, limit=9)
    assert [one.source for one in entries].count(ConsentSource.PREFERENCE) == 4


async def test_the_switch_does_not_lift_what_was_said(
    plane: ControlPlane, whatsapp: WhatsAppSimulator, bob: SimulatedPerson
) -> None:
    """A STOP in words stays, however often the switch is turned on."""
    await allow(plane, whatsapp, bob)
    whatsapp.outbound.write_text(bob, "Stop")
    await until_verdict(plane, "do-not-call")
    for stops in (True, False):
        delivery = whatsapp.outbound.prefer(bob, stops=stops)
        await delivery.wait(5)
    await until_handled(plane, "preference", 2)
    assert await verdict(plane) == "do-not-call"


async def test_words_that_come_late_outlast_the_switch(
    plane: ControlPlane, whatsapp: WhatsAppSimulator, bob: SimulatedPerson
) -> None:
    """A STOP said before the switch was turned on again, and delivered after it."""
    await allow(plane, whatsapp, bob)
    whatsapp.outbound.prefer(bob, stops=True)
    await until_verdict(plane, "do-not-call")
    whatsapp.outbound.prefer(bob, stops=False)
    await until_verdict(plane, "allowed")
    whatsapp.outbound.write(bob, text_message(make_wamid(BOB_DIGITS), CALLER, "Stop", NOW - 3600))
    await until_verdict(plane, "do-not-call")


async def until_handled(plane: ControlPlane, kind: str, count: int) -> None:
    """Wait until so many events of a kind have been worked on."""
    metric = f'whatsapp_webhook_events_total{{kind="{kind}"'

    def handled() -> float:
        lines = plane.near.metrics.render().decode().splitlines()
        return sum(float(line.rpartition(" ")[2]) for line in lines if line.startswith(metric))

    await eventually(lambda: handled() >= count, last=handled)


# --- what may be one ---


async def test_a_probable_stop_pauses_calls_and_is_shown(
    plane: ControlPlane,
    whatsapp: WhatsAppSimulator,
    bob: SimulatedPerson,
    http: aiohttp.ClientSession,
    caplog: pytest.LogCaptureFixture,
) -> None:
    """For a day, with its words; an operator finds it to be none, and calls go on."""
    await allow(plane, whatsapp, bob)
    whatsapp.outbound.write_text(bob, "Stop it John")
    await until_verdict(plane, "probable-stop")
    with pytest.raises(CallDenied) as caught:
        await plane.use_cases.permissions.check(BOB, line=line_of(plane))
    assert caught.value.retry_at is not None
    ahead = caught.value.retry_at - datetime.now(UTC)
    assert timedelta(hours=23) < ahead <= timedelta(hours=24)
    # nor is anybody asked for permission meanwhile
    status, answer = await post(http, "/consents/request", {"to": "NL.31"})
    assert (status, answer["error"]["code"]) in ((409, "probable-stop"), (409, "already-permitted"))
    (mine,) = (await listed(http, to=BOB_PHONE))["probable_stops"]
    assert (await listed(http))["probable_stops"] == [mine]
    assert (mine["said"], mine["decision"]) == ("Stop it John", None)
    assert "John" not in caplog.text
    body = {"id": mine["id"], "decision": "dismissed"}
    for _ in range(2):
        status, decided = await post(http, "/consents/decide", body)
        assert (status, decided["decision"]) == (200, "dismissed")
    assert await verdict(plane) == "allowed"
    assert (await listed(http))["probable_stops"] == []
    status, answer = await post(http, "/consents/decide", {**body, "decision": "do-not-call"})
    assert (status, answer["error"]["code"]) == (409, "probable-stop-decided")
    status, answer = await post(
        http, "/consents/decide", {**body, "id": "00000000-0000-4000-8000-000000000000"}
    )
    assert (status, answer["error"]["code"]) == (404, "probable-stop-unknown")


async def test_an_operator_makes_it_a_do_not_call(
    plane: ControlPlane,
    whatsapp: WhatsAppSimulator,
    bob: SimulatedPerson,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """From the command line; the ledger says who decided."""
    monkeypatch.setenv("CONTROLPLANE_API_KEY", OPERATOR_KEY)
    monkeypatch.setenv("CONTROLPLANE_URL", f"http://127.0.0.1:{plane.settings.port}")

    async def run(*argv: str) -> str:
        assert await asyncio.to_thread(cli.main, ["consent", *argv]) == 0
        return capsys.readouterr().out

    await allow(plane, whatsapp, bob)
    whatsapp.outbound.write_text(bob, "stop?")
    await until_verdict(plane, "probable-stop")
    (stop,) = await plane.ledger.stops.undecided(limit=9)
    assert f"“stop?”; not called until {stop.until.isoformat()[:13]}" in await run("list")
    assert stop.id in await run("list", BOB_PHONE)
    assert "“stop?”: do-not-call" in await run("decide", stop.id, "do-not-call")
    assert await verdict(plane) == "do-not-call"
    entry = (await plane.ledger.entries(person=BOB, limit=1))[0]
    assert (entry.source, entry.source_ref) == (
        ConsentSource.OPERATOR,
        f"probable-stop:{stop.id}",
    )


# --- a model ---


class Model:
    """A stand-in for the Responses API that knows one model."""

    def __init__(self) -> None:
        self.answer = "unsure"
        self.status = 200
        self.asked: list[dict[str, Any]] = []

    async def respond(self, request: web.Request) -> web.Response:
        body = await request.json()
        self.asked.append(body)
        if body["model"] != "gpt-known":
            error = {"message": "no such model", "code": "model_not_found"}
            return web.json_response({"error": error}, status=404)
        assert request.headers["Authorization"] == "Bearer sk-test"
        schema = body["text"]["format"]
        assert (schema["type"], schema["strict"]) == ("json_schema", True)
        assert body["store"] is False
        if self.status != 200:
            return web.json_response({"error": {"message": "busy"}}, status=self.status)
        text = {
            "type": "output_text",
            "text": json.dumps({"stop": self.answer}),
            "annotations": [],
        }
        message = {
            "type": "message",
            "id": "msg_1",
            "role": "assistant",
            "status": "completed",
            "content": [text],
        }
        return web.json_response(
            {
                "id": "resp_1",
                "object": "response",
                "created_at": 1,
                "model": "gpt-known",
                "status": "completed",
                "output": [message],
                "parallel_tool_calls": True,
                "tool_choice": "auto",
                "tools": [],
            }
        )


@pytest_asyncio.fixture
async def model() -> AsyncIterator[tuple[Model, str]]:
    stand_in = Model()
    async with serving(web.post("/v1/responses", stand_in.respond)) as url:
        yield stand_in, f"{url}/v1"


@pytest.mark.parametrize(
    ("answer", "status", "expected"),
    [
        ("yes", 200, "do-not-call"),
        ("no", 200, "allowed"),
        ("unsure", 200, "probable-stop"),
        ("perhaps", 200, "probable-stop"),
        ("yes", 500, "probable-stop"),
    ],
)
async def test_a_model_reads_what_the_grammar_cannot(
    start_controlplane: StartControlPlane,
    whatsapp: WhatsAppSimulator,
    bob: SimulatedPerson,
    model: tuple[Model, str],
    answer: str,
    status: int,
    expected: str,
) -> None:
    """Where one is configured; without a sure answer an operator decides. Others are not sent."""
    stand_in, url = model
    stand_in.answer, stand_in.status = answer, status
    plane = await start_controlplane(
        OPENAI_API_KEY="sk-test", OPENAI_BASE_URL=url, OPENAI_RESPONSES_MODEL="gpt-none, gpt-known"
    )
    await allow(plane, whatsapp, bob)
    whatsapp.outbound.write_text(bob, "How are you?")
    whatsapp.outbound.write_text(bob, "Please stop it John")
    await until_handled(plane, "text", 2)
    assert await verdict(plane) == expected
    assert [body["model"] for body in stand_in.asked] == ["gpt-none", "gpt-known"]
    assert "How are you" not in json.dumps(stand_in.asked)


# --- requests that fail ---


async def test_a_request_that_fails_later_is_taken_back_and_shown(
    plane: ControlPlane,
    whatsapp: WhatsAppSimulator,
    bob: SimulatedPerson,
    http: aiohttp.ClientSession,
) -> None:
    """131047 after 202: it does not count, its reason is shown, the next may go at once."""
    bob.fails_with = 131047
    body = {"to": "NL.31", "template": {"name": "call_permission", "language": "en_US"}}
    assert (await post(http, "/consents/request", body))[0] == 202

    async def failed() -> Any:
        (request,) = (await listed(http, to="NL.31"))["requests"]
        return request if request["failure_code"] else None

    request = await eventually(failed)
    assert (request["outcome"], request["failure_code"]) == ("refused", 131047)
    assert "24 hours" in request["reason"]
    bob.fails_with = None
    assert (await post(http, "/consents/request", body))[0] == 202


async def test_a_failed_request_is_found_by_its_message(
    plane: ControlPlane,
    whatsapp: WhatsAppSimulator,
    bob: SimulatedPerson,
    http: aiohttp.ClientSession,
) -> None:
    """Requests of earlier releases carried nothing else; other messages are not ours."""
    body = {"to": "NL.31", "template": {"name": "call_permission", "language": "en_US"}}
    assert (await post(http, "/consents/request", body))[0] == 202
    (row,) = await plane.ledger.requests.of(Person(user_id="NL.31"), limit=9)
    table = plane.ledger._rest.table("consent_requests")
    (sent,) = await plane.ledger._rest.rows(
        "read", table.select("message_id").eq("id", row.id).limit(1)
    )
    assert await plane.ledger.requests.fail(message_id="wamid.OTHER", opaque=None, code=1) is False
    assert await plane.ledger.requests.fail(
        message_id=str(sent["message_id"]), opaque="not ours", code=131049
    )
    (row,) = await plane.ledger.requests.of(Person(user_id="NL.31"), limit=9)
    assert (row.outcome, row.failure_code) == ("refused", 131049)


async def test_outside_the_window_a_template_is_sent_or_asked_for(
    start_controlplane: StartControlPlane,
    whatsapp: WhatsAppSimulator,
    bob: SimulatedPerson,
    http: aiohttp.ClientSession,
) -> None:
    """Nobody has heard of Bob: the configured template goes, and its absence is said."""
    plane = await start_controlplane()
    body = {"to": BOB_PHONE, "text": "May we?"}
    status, answer = await post(http, "/consents/request", body)
    assert (status, answer["error"]["code"]) == (409, "template-needed")
    assert "WA_PERMISSION_TEMPLATE" in answer["error"]["message"]
    assert [one for one in whatsapp.requests if one.action == "messages"] == []
    # once he has written, a free-form request reaches him
    whatsapp.outbound.write_text(bob, "What about my order?")
    await until_handled(plane, "text", 1)
    status, answer = await post(http, "/consents/request", body)
    assert (status, answer["template"]) == (202, None)


async def test_the_configured_template_is_sent_outside_the_window(
    start_controlplane: StartControlPlane,
    whatsapp: WhatsAppSimulator,
    bob: SimulatedPerson,
    http: aiohttp.ClientSession,
) -> None:
    """By name and language."""
    await start_controlplane(WA_PERMISSION_TEMPLATE="call_permission:nl")
    status, answer = await post(http, "/consents/request", {"to": BOB_PHONE, "text": "May we?"})
    assert (status, answer["template"]) == (202, "call_permission")
    (message,) = bob.inbox
    assert message["template"] == {"name": "call_permission", "language": {"code": "nl"}}


@pytest.mark.parametrize(
    ("direction", "answered", "opens"),
    [
        (Direction.INBOUND, False, True),
        (Direction.OUTBOUND, True, True),
        (Direction.OUTBOUND, False, False),
    ],
)
async def test_a_call_opens_the_window(
    plane: ControlPlane,
    store: SupabaseStore,
    direction: Direction,
    answered: bool,
    opens: bool,
) -> None:
    """Theirs in any case, ours if they answered it; for a day."""
    now = datetime.now(UTC)
    call = Call(
        id=CallId("5f1c9a52-6c1d-4f2e-9c8e-0d5f3a1b2c3d"),
        wacid=WhatsAppCallId("wacid.INVENTED"),
        direction=direction,
        status=CallStatus.COMPLETED if answered else CallStatus.NO_ANSWER,
        phone_number_id=line_of(plane),
        party=Party(person=BOB),
        created_at=now,
        answered_at=now if answered else None,
        ended_at=now,
        end_reason=EndReason.CALLER_HANGUP if answered else EndReason.NOT_ANSWERED,
    )
    assert await store.claim_call(call) is not None
    line, requests = line_of(plane), plane.ledger.requests
    assert await requests.is_window_open(line, BOB, now + timedelta(minutes=1)) is opens
    assert not await requests.is_window_open(line, BOB, now + timedelta(hours=25))
    assert not await requests.is_window_open(line, Person(phone="31600000000"), now)
