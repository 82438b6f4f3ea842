"""Consent: from webhooks and operators' routes to the ledger, and the check before a dial."""

import asyncio
import json
import uuid
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any, cast

import aiohttp
import pytest
import pytest_asyncio
from aiohttp import web

from controlplane.app import ControlPlane
from controlplane.core.consent import ConsentEntry, ConsentKind, ConsentSource
from controlplane.core.errors import GraphError
from controlplane.core.policy import Allowed
from controlplane.meta.graph_errors import GraphRefused
from controlplane.meta.webhook import parse_stored
from shared.call.call import Call, CallStatus, Direction, EndReason, Termination
from shared.call.errors import CallDenied
from shared.call.ids import CallId, PhoneNumberId, WhatsAppCallId
from shared.call.person import Party, Person
from shared.call.records import EventOutcome, EventRecord, EventSource
from shared.database.supabase import SupabaseStore
from simulators.meta.api.faults import Fault, FaultKind
from simulators.meta.people.permissions import PermissionPolicy
from simulators.meta.people.person import Person as SimulatedPerson
from simulators.meta.webhooks.calls import Caller, encode, sign
from simulators.meta.whatsapp import WhatsAppSimulator
from tests import paths
from tests.component.bench import (
    APP_SECRET,
    OPERATOR_KEY,
    StartControlPlane,
    line_of,
)
from tests.eventually import eventually
from tests.serving import serving
from wacall import cli
from wacall.environment import free_port
from wacall.stack.database import LocalSupabase

LINE = "436666719526789"
ADA = Person(user_id="US.13491208655302741918", phone="15550001111")
BOB_DIGITS, BOB_PHONE = "31612345678", "+31 6 1234 5678"
BOB = Person(phone=BOB_DIGITS)
DATA = paths.DATA / "webhooks"
AUTH = {"Authorization": f"Bearer {OPERATOR_KEY}"}


@pytest_asyncio.fixture
async def plane(start_controlplane: StartControlPlane) -> ControlPlane:
    return await start_controlplane()


@pytest_asyncio.fixture
async def heard(store: SupabaseStore) -> None:
    """What is kept of a message that Bob has just written to the business."""
    message = {"from": BOB_DIGITS, "type": "text", "id": "wamid.HELLO"}
    value = {"metadata": {"phone_number_id": LINE}, "messages": [message]}
    payload = {"field": "messages", "value": value, "redacted": True}
    await store.add_events(
        [
            EventRecord.note(
                EventSource.META,
                "text",
                datetime.now(UTC),
                payload,
                outcome=EventOutcome.IGNORED,
            )
        ]
    )


@pytest.fixture
def bob(whatsapp: WhatsAppSimulator, heard: None) -> SimulatedPerson:
    """Bob, who has just written to the business; he has permitted nothing."""
    person = whatsapp.add_person(SimulatedPerson(caller=Caller(phone=BOB_DIGITS, user_id="NL.31")))
    person.open_window(whatsapp.clock.now())
    return person


def asked(whatsapp: WhatsAppSimulator) -> list[Mapping[str, str]]:
    """Whose permission Graph has been asked for."""
    return [one.query for one in whatsapp.requests if one.action == "call_permissions"]


def sent(whatsapp: WhatsAppSimulator) -> list[Any]:
    """Messages that have left."""
    return [one.body for one in whatsapp.requests if one.action == "messages"]


async def deliver(http: aiohttp.ClientSession, payload: Any) -> None:
    body = encode(payload)
    signature = {"X-Hub-Signature-256": sign(body, APP_SECRET)}
    async with http.post("/wa/webhook", data=body, headers=signature) as response:
        assert response.status == 200


def webhook(stem: str, name: str) -> Any:
    return json.loads((DATA / f"{stem}.json").read_text())[name]


def text_message(text: str, message_id: str = "wamid.TEXT") -> Any:
    payload = webhook("others", "text_message")
    (message,) = payload["entry"][0]["changes"][0]["value"]["messages"]
    message |= {"text": {"body": text}, "id": message_id, "timestamp": "1767945700"}
    return payload


async def until(plane: ControlPlane, count: int) -> list[ConsentEntry]:
    """Wait until the ledger has so many entries."""

    async def entries() -> list[ConsentEntry] | None:
        found = await plane.ledger.entries(limit=50)
        return found if len(found) >= count else None

    return cast(list[ConsentEntry], await eventually(entries))


async def until_handled(plane: ControlPlane, store: SupabaseStore, kind: str, count: int) -> None:
    """Wait until so many events of a kind have been worked on."""
    metric = f'whatsapp_webhook_events_total{{kind="{kind}"'

    def handled() -> float:
        lines = plane.near.metrics.render().decode().splitlines()
        return sum(float(line.rpartition(" ")[2]) for line in lines if line.startswith(metric))

    await eventually(lambda: handled() >= count, last=handled)


def person_webhook(name: str, **changes: Any) -> Any:
    """Return one of the people's webhooks, its message changed."""
    payload = webhook("people", name)
    (message,) = payload["entry"][0]["changes"][0]["value"]["messages"]
    message |= changes
    return payload


async def denied(plane: ControlPlane, person: Person) -> CallDenied:
    with pytest.raises(CallDenied) as caught:
        await plane.use_cases.permissions.check(person, line=line_of(plane))
    return caught.value


# --- webhooks ---


@pytest.mark.parametrize(
    ("name", "granted", "source"),
    [
        ("temporary", True, ConsentSource.REPLY),
        ("permanent", True, ConsentSource.REPLY),
        ("from_profile", True, ConsentSource.PROFILE),
        ("rejected", False, ConsentSource.REPLY),
        ("automatic_callback", True, ConsentSource.CALLBACK),
        ("auto_revoked", False, ConsentSource.REVOCATION),
    ],
)
async def test_a_permission_reply_is_written_once(
    plane: ControlPlane,
    store: SupabaseStore,
    http: aiohttp.ClientSession,
    name: str,
    granted: bool,
    source: ConsentSource,
) -> None:
    """Each of the six, delivered twice."""
    for _ in range(2):
        await deliver(http, webhook("call_permission_reply", name))
    await until_handled(plane, store, "permission-reply", 2)
    (entry,) = await until(plane, 1)
    assert (entry.kind, entry.granted) == (ConsentKind.CALL_PERMISSION, granted)
    assert (entry.source, entry.person, entry.source_ref) == (source, ADA, "wamid.INVENTEDREPLY")


async def test_a_restriction_of_meta_pauses_the_line(
    plane: ControlPlane, store: SupabaseStore, http: aiohttp.ClientSession
) -> None:
    """No call is placed while it lasts, whatever the person permits; a warning forbids nothing."""
    await deliver(http, webhook("call_permission_reply", "permanent"))
    await until(plane, 1)
    await deliver(http, webhook("others", "account_violation"))
    await until_handled(plane, store, "account-update", 1)
    await plane.use_cases.permissions.check(ADA, line=line_of(plane))

    payload = webhook("others", "account_restriction")
    ends = datetime.now(UTC).replace(microsecond=0) + timedelta(days=3)
    (info,) = payload["entry"][0]["changes"][0]["value"]["restriction_info"]
    info |= {
        "restriction_type": "RESTRICTED_BUSINESS_INITIATED_CALLING",
        "expiration": int(ends.timestamp()),
    }
    await deliver(http, payload)
    await until_handled(plane, store, "account-update", 2)

    denial = await denied(plane, ADA)
    assert (denial.code, denial.retry_at) == ("quality-paused", ends)


async def test_an_error_of_no_call_is_told_to_the_operator(
    plane: ControlPlane, http: aiohttp.ClientSession, caplog: pytest.LogCaptureFixture
) -> None:
    """131044: the business has not paid, and Meta lets no call through."""
    await deliver(http, webhook("others", "payment_missing"))
    (record,) = [one for one in caplog.records if getattr(one, "action", "") == "meta-error"]
    assert getattr(record, "codes", "") == "131044"


async def test_stop_forbids_calls_and_other_texts_do_not(
    plane: ControlPlane,
    store: SupabaseStore,
    http: aiohttp.ClientSession,
    whatsapp: WhatsAppSimulator,
) -> None:
    """A permanent permission of the same person does not help; Graph is not even asked."""
    await deliver(http, webhook("call_permission_reply", "permanent"))
    await deliver(http, text_message("When does the bus stop?", "wamid.BUS"))
    await until_handled(plane, store, "text", 1)
    assert await plane.use_cases.permissions.check(ADA, line=line_of(plane)) == Allowed()
    await deliver(http, text_message("Stop!"))
    entries = await until(plane, 3)
    assert {(one.kind, one.granted) for one in entries if one.source is ConsentSource.TEXT} == {
        (ConsentKind.DO_NOT_CALL, True),
        (ConsentKind.MARKETING_FOLLOW_UP, False),
    }
    assert (await denied(plane, Person(phone=ADA.phone))).code == "do-not-call"
    assert asked(whatsapp) == []


async def test_words_that_decide_nothing_are_never_stored(
    plane: ControlPlane, store: SupabaseStore, http: aiohttp.ClientSession, database: LocalSupabase
) -> None:
    """That somebody wrote, when and what kind; a STOP is kept as it came."""
    await deliver(http, text_message("My PIN is 4711", "wamid.PIN"))
    await deliver(http, text_message("Stop!"))
    await until_handled(plane, store, "text", 2)
    stored = await database.execute("select payload from call_events order by received_at")
    first, second = (json.loads(line) for line in stored.splitlines())
    assert "4711" not in json.dumps(first)
    (message,) = first["value"]["messages"]
    assert (message["id"], message["type"]) == ("wamid.PIN", "text")
    assert "Stop!" in json.dumps(second)


async def test_two_rejections_in_a_row_forbid_calls(
    plane: ControlPlane, store: SupabaseStore, http: aiohttp.ClientSession
) -> None:
    """A rejected call, then a rejected request."""
    rejected = Call(
        id=CallId("5f1c9a52-6c1d-4f2e-9c8e-0d5f3a1b2c3d"),
        wacid=None,
        direction=Direction.OUTBOUND,
        status=CallStatus.REJECTED,
        phone_number_id=PhoneNumberId(LINE),
        party=Party(person=ADA),
        created_at=datetime.now(UTC),
        ended_at=datetime.now(UTC),
        end_reason=EndReason.REJECTED,
    )
    assert await store.claim_call(rejected) is not None
    assert not await plane.use_cases.permissions.rejected(ADA, rejected.id, line=line_of(plane))
    await deliver(http, webhook("call_permission_reply", "rejected"))
    newest = (await until(plane, 2))[0]
    assert (newest.kind, newest.source) == (ConsentKind.DO_NOT_CALL, ConsentSource.REJECTIONS)
    assert (await denied(plane, ADA)).code == "do-not-call"


async def test_a_stop_outlives_a_database_that_is_away(
    plane: ControlPlane,
    store: SupabaseStore,
    http: aiohttp.ClientSession,
    database: LocalSupabase,
) -> None:
    """What cannot be written now stays unfinished, and is taken up again."""
    await database.execute("revoke insert on consents from service_role")
    try:
        await deliver(http, text_message("STOP"))
        await plane.use_cases.switchboard.drain(5)
    finally:
        await database.execute("grant insert on consents to service_role")
    assert await plane.ledger.entries(limit=9) == []
    soon = datetime.now(UTC) + timedelta(minutes=1)
    (left,) = await store.take_pending_events(received_before=soon, taken_before=soon, now=soon)
    plane.use_cases.switchboard.resume(parse_stored(left.payload), left.id, 0.0)
    assert {entry.source for entry in await until(plane, 2)} == {ConsentSource.TEXT}


# --- the check before a dial ---


async def test_a_silent_ledger_asks_graph_and_keeps_a_yes(
    plane: ControlPlane, whatsapp: WhatsAppSimulator, bob: SimulatedPerson
) -> None:
    """Asked once: the answer is in the ledger then, with its expiry."""
    whatsapp.outbound.grant(bob)
    expiry = bob.permission.expires_at(whatsapp.clock.now())
    assert expiry is not None
    for _ in range(2):
        assert await plane.use_cases.permissions.check(BOB, line=line_of(plane)) == Allowed()
    assert asked(whatsapp) == [{"user_wa_id": BOB_DIGITS}]
    (entry,) = await plane.ledger.entries(limit=9)
    assert entry.source is ConsentSource.GRAPH
    assert entry.valid_until == datetime.fromtimestamp(int(expiry), UTC)


async def test_a_no_is_remembered_for_a_while_and_not_written(
    plane: ControlPlane, whatsapp: WhatsAppSimulator
) -> None:
    """A person asked about again and again costs one request; a grant comes as a webhook."""
    for _ in range(3):
        assert (await denied(plane, Person(user_id="NL.77"))).code == "no-permission"
    assert asked(whatsapp) == [{"recipient": "NL.77"}]
    assert await plane.ledger.entries(limit=9) == []


async def test_graph_is_not_asked_more_often_than_it_allows(
    plane: ControlPlane, whatsapp: WhatsAppSimulator
) -> None:
    """Five a second by ourselves; after a 613 not for a minute."""
    # our limit is the smaller one of Meta's two pages; here Meta has the other one
    whatsapp.outbound.policy = replace(whatsapp.outbound.policy, queries_per_s=100)
    # at once: one after the other they may take a busy machine more than the second
    refusals = await asyncio.gather(
        *(denied(plane, Person(phone=f"3161234560{n}")) for n in range(9))
    )
    codes = [refusal.code for refusal in refusals]
    assert "rate-limited" in codes
    assert len(asked(whatsapp)) == codes.count("no-permission")
    whatsapp.outbound.policy = replace(whatsapp.outbound.policy, queries_per_s=0)
    await asyncio.sleep(1.1)  # our own limit's second
    for n in range(2):
        refusal = await denied(plane, Person(phone=f"3161234570{n}"))
        assert refusal.code == "rate-limited"
        assert refusal.retry_at is not None
        assert refusal.retry_at > datetime.now(UTC) + timedelta(seconds=50)
    assert len(asked(whatsapp)) == codes.count("no-permission") + 1


async def test_a_limit_that_graph_reports_is_obeyed(
    plane: ControlPlane, whatsapp: WhatsAppSimulator, bob: SimulatedPerson
) -> None:
    """Permitted, but not now: the day's only call was three hours ago."""
    now = whatsapp.clock.now()
    whatsapp.outbound.grant(bob, permanent=True)
    bob.permission.policy = PermissionPolicy(connected_per_day=1)
    bob.permission.connected(now - 3 * 3600, by_business=True)
    refusal = await denied(plane, BOB)
    assert (refusal.code, refusal.retry_at) == (
        "connected-limit",
        datetime.fromtimestamp(int(now + 21 * 3600), UTC),
    )


async def test_a_number_of_a_forbidden_country_calls_nobody(
    plane: ControlPlane, whatsapp: WhatsAppSimulator
) -> None:
    """Our own number, as Graph knows it."""
    whatsapp.reply("number", {"id": LINE, "display_phone_number": "+1 212-555-1234"})
    assert (await denied(plane, BOB)).code == "business-country"


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (GraphRefused(http_status=401, meta_code=138006), "no-permission"),
        (GraphRefused(http_status=400, meta_code=138014), "quality-paused"),
        (GraphRefused(http_status=400, meta_code=130429), "rate-limited"),
        (GraphRefused(http_status=403, meta_code=4), "rate-limited"),
        (GraphRefused(http_status=400, meta_code=131056), "rate-limited"),
    ],
)
async def test_what_meta_refuses_corrects_the_ledger(
    plane: ControlPlane, http: aiohttp.ClientSession, error: GraphError, code: str
) -> None:
    """The next check knows what the refused call taught."""
    await deliver(http, webhook("call_permission_reply", "permanent"))
    await until(plane, 1)
    call = Call(
        id=CallId("5f1c9a52-6c1d-4f2e-9c8e-0d5f3a1b2c3d"),
        wacid=None,
        direction=Direction.OUTBOUND,
        status=CallStatus.DIALING,
        phone_number_id=PhoneNumberId(LINE),
        party=Party(person=ADA),
        created_at=datetime.now(UTC),
    )
    learnt = await plane.use_cases.permissions.refused(call, error)
    assert learnt is not None
    assert learnt.code == code
    assert (await denied(plane, ADA)).code == code
    assert await plane.use_cases.permissions.refused(call, GraphError()) is None


# --- routes ---


async def post(http: aiohttp.ClientSession, path: str, body: Any) -> tuple[int, Any]:
    async with http.post(path, json=body, headers=AUTH) as response:
        return response.status, await response.json()


async def test_a_request_is_sent_once_a_day(
    plane: ControlPlane,
    whatsapp: WhatsAppSimulator,
    bob: SimulatedPerson,
    http: aiohttp.ClientSession,
) -> None:
    """The second one does not leave: 409 with the next allowed time."""
    status, answer = await post(http, "/consents/request", {"to": BOB_PHONE, "text": "May we?"})
    assert status == 202, answer
    (message,) = sent(whatsapp)
    assert bob.inbox == [message]
    assert message.pop("biz_opaque_callback_data") == answer["request_id"]
    assert message == {
        "messaging_product": "whatsapp",
        "recipient_type": "individual",
        "to": f"+{BOB.phone}",
        "type": "interactive",
        "interactive": {
            "type": "call_permission_request",
            "action": {"name": "call_permission_request"},
            "body": {"text": "May we?"},
        },
    }
    status, answer = await post(http, "/consents/request", {"to": BOB_PHONE})
    assert (status, answer["error"]["code"]) == (409, "request-limit")
    retry_at = datetime.fromisoformat(answer["error"]["retry_at"])
    assert timedelta(hours=23) < retry_at - datetime.now(UTC) <= timedelta(hours=24)
    assert len(sent(whatsapp)) == 1


async def test_a_template_reaches_who_has_not_written(
    plane: ControlPlane, whatsapp: WhatsAppSimulator, http: aiohttp.ClientSession
) -> None:
    """By business-scoped id, with the body's values."""
    template = {"name": "call_permission", "language": "nl", "parameters": ["Ada"]}
    status, _ = await post(http, "/consents/request", {"to": "NL.77", "template": template})
    assert status == 202
    (message,) = sent(whatsapp)
    assert (message["recipient"], message["type"]) == ("NL.77", "template")
    assert message["template"] == {
        "name": "call_permission",
        "language": {"code": "nl"},
        "components": [{"type": "body", "parameters": [{"type": "text", "text": "Ada"}]}],
    }


@pytest.mark.usefixtures("heard")
@pytest.mark.parametrize(("meta_code", "http_status"), [(130429, 400), (4, 403), (80007, 429)])
async def test_nothing_is_sent_while_meta_asks_to_slow_down(
    plane: ControlPlane,
    whatsapp: WhatsAppSimulator,
    http: aiohttp.ClientSession,
    meta_code: int,
    http_status: int,
) -> None:
    """For as long as its header says, to nobody, whatever the HTTP status was."""
    error = {"message": "Slow down", "type": "OAuthException", "code": meta_code}
    whatsapp.fail(
        Fault(
            action="messages",
            kind=FaultKind.REPLY,
            status=http_status,
            body={"error": error},
            headers={"Retry-After": "600"},
        )
    )
    for to in (BOB_PHONE, "NL.77"):
        status, answer = await post(http, "/consents/request", {"to": to})
        assert (status, answer["error"]["code"]) == (409, "rate-limited")
        wait = datetime.fromisoformat(answer["error"]["retry_at"]) - datetime.now(UTC)
        assert timedelta(seconds=570) < wait <= timedelta(seconds=600)
    assert len([one for one in whatsapp.requests if one.action == "messages"]) == 1


@pytest.mark.parametrize(
    ("meta_code", "status", "code"),
    [(138009, 502, "graph-permission-request-limit"), (138017, 409, "already-permitted")],
)
async def test_a_refused_request_does_not_count(
    plane: ControlPlane,
    whatsapp: WhatsAppSimulator,
    bob: SimulatedPerson,
    http: aiohttp.ClientSession,
    meta_code: int,
    status: int,
    code: str,
) -> None:
    """Nothing was sent; 138017 says besides that calls are permitted for good."""
    now = whatsapp.clock.now()
    if meta_code == 138017:
        whatsapp.outbound.grant(bob, permanent=True)
    else:
        # asked by somebody else who uses the number
        bob.permission.request("wamid.OTHER", now)
    found, answer = await post(http, "/consents/request", {"to": BOB_PHONE})
    assert (found, answer["error"]["code"]) == (status, code)
    (refused,) = [one.refusal for one in whatsapp.requests if one.action == "messages"]
    assert refused is not None
    assert refused.code == meta_code
    if meta_code == 138017:
        assert await plane.use_cases.permissions.check(BOB, line=line_of(plane)) == Allowed()
        assert asked(whatsapp) == []
    else:
        # a call that is answered sets Meta's limit of requests back
        bob.permission.connected(now, by_business=False)
        assert (await post(http, "/consents/request", {"to": BOB_PHONE}))[0] == 202


@pytest.mark.usefixtures("heard")
async def test_a_request_that_never_left_does_not_count(
    start_controlplane: StartControlPlane, http: aiohttp.ClientSession
) -> None:
    """Nobody listens where Graph should be: the person has not been asked, and may be."""
    await start_controlplane(WA_GRAPH_BASE_URL=f"http://127.0.0.1:{free_port()}")
    for _ in range(3):
        status, answer = await post(http, "/consents/request", {"to": BOB_PHONE})
        assert (status, answer["error"]["code"]) == (502, "graph-unreachable")


@pytest.mark.usefixtures("heard")
async def test_a_request_that_may_have_left_counts(
    start_controlplane: StartControlPlane, http: aiohttp.ClientSession
) -> None:
    """Meta took it and its answer makes no sense: the person may have been asked."""

    async def take(request: web.Request) -> web.Response:
        return web.Response(text="thanks")

    async with serving(web.route("*", "/{path:.*}", take)) as url:
        await start_controlplane(WA_GRAPH_BASE_URL=url)
        status, answer = await post(http, "/consents/request", {"to": BOB_PHONE})
        assert (status, answer["error"]["code"]) == (502, "graph-unreadable-reply")
        status, answer = await post(http, "/consents/request", {"to": BOB_PHONE})
        assert (status, answer["error"]["code"]) == (409, "request-limit")


async def test_operators_import_and_withdraw_with_a_paper(
    plane: ControlPlane, bob: SimulatedPerson, http: aiohttp.ClientSession
) -> None:
    """Written twice it is one entry; the list shows what holds."""
    paper = {"to": BOB_PHONE, "kind": "do_not_call", "reference": "letter 7"}
    for _ in range(2):
        status, entry = await post(http, "/consents/import", paper)
        assert (status, entry["granted"], entry["phone"]) == (201, True, BOB.phone)
    assert (await post(http, "/consents/request", {"to": BOB_PHONE}))[1]["error"]["code"] == (
        "do-not-call"
    )
    status, _ = await post(http, "/consents/withdraw", {**paper, "note": "called us"})
    assert status == 201
    async with http.get("/consents", params={"to": BOB_PHONE}, headers=AUTH) as response:
        found = await response.json()
    assert [entry["granted"] for entry in found["consents"]] == [False, True]
    assert [(one["kind"], one["state"]) for one in found["state"]] == [("do_not_call", "withdrawn")]
    assert (await post(http, "/consents/request", {"to": BOB_PHONE}))[0] == 202


async def test_a_reference_that_was_used_is_never_silently_nothing(
    plane: ControlPlane, http: aiohttp.ClientSession
) -> None:
    """Whoever reads 201 finds that it holds; else it is 409, and another reference is taken."""

    async def write(route: str, reference: str, **more: str) -> tuple[int, Any]:
        body = {"to": BOB_PHONE, "kind": "do_not_call", "reference": reference, **more}
        status, told = await post(http, f"/consents/{route}", body)
        return status, told["id"] if status == 201 else told["error"]["code"]

    said = "2026-01-31T12:00:00Z"
    status, first = await write("import", "letter 7", at=said)
    assert status == 201
    # the same once more, whether or not it says when
    assert await write("import", "letter 7", at=said) == (201, first)
    assert await write("import", "letter 7") == (201, first)
    # other words with the same reference
    assert await write("import", "letter 7", note="by hand") == (409, "reference-used")
    assert await write("import", "letter 7", at="2026-02-01T12:00:00Z") == (409, "reference-used")

    assert (await write("withdraw", "letter 7"))[0] == 201
    assert await write("import", "letter 7") == (409, "reference-used")
    assert not await plane.ledger.is_forbidden(BOB)
    assert (await write("import", "letter 8"))[0] == 201
    assert await plane.ledger.is_forbidden(BOB)
    assert await write("withdraw", "letter 7") == (409, "reference-used")


async def test_a_reference_stands_for_one_line(
    plane: ControlPlane, http: aiohttp.ClientSession
) -> None:
    """What was said to another line of the business is not taken for what is said to ours."""
    kind, papers = ConsentKind.CALL_PERMISSION, plane.use_cases.papers
    other = PhoneNumberId("77")
    await papers.write(BOB, kind, line=other, granted=True, reference="letter 7", at=None)
    paper = {"to": BOB_PHONE, "kind": kind.value, "reference": "letter 7"}
    status, told = await post(http, "/consents/import", paper)
    assert (status, told["error"]["code"]) == (409, "reference-used")
    paper["reference"] = "letter 7, our line"
    assert (await post(http, "/consents/import", paper))[0] == 201
    assert await plane.use_cases.permissions.check(BOB, line=line_of(plane)) == Allowed()


async def test_a_person_is_erased_but_not_in_the_middle_of_a_call(
    plane: ControlPlane, store: SupabaseStore, http: aiohttp.ClientSession
) -> None:
    """What they forbade outlives them, unless the operator says otherwise."""
    for kind in ("recording", "do_not_call"):
        paper = {"to": BOB_PHONE, "kind": kind, "reference": "letter 7"}
        assert (await post(http, "/consents/import", paper))[0] == 201
    call = Call(
        id=CallId(str(uuid.uuid4())),
        wacid=WhatsAppCallId("wacid.1"),
        direction=Direction.INBOUND,
        status=CallStatus.RINGING,
        phone_number_id=PhoneNumberId(LINE),
        party=Party(person=BOB),
        created_at=datetime.now(UTC),
    )
    await store.claim_call(call)
    status, answer = await post(http, "/consents/erase", {"to": BOB_PHONE})
    assert (status, answer["error"]["code"]) == (409, "live-call")
    assert await store.get_call(call.id) is not None

    await store.end_call(
        call.id,
        termination=Termination.of(EndReason.CALLER_HANGUP, answered=False),
        ended_at=datetime.now(UTC),
        answered_at=None,
        by_peer=True,
    )
    status, answer = await post(http, "/consents/erase", {"to": BOB_PHONE})
    assert (status, answer) == (200, {"erased": {"calls": 1, "call_events": 0, "consents": 1}})
    assert await store.get_call(call.id) is None
    assert [one.kind for one in await until(plane, 1)] == [ConsentKind.DO_NOT_CALL]
    everything = {"to": BOB_PHONE, "forget_do_not_call": True}
    assert (await post(http, "/consents/erase", everything))[1]["erased"]["consents"] == 1
    assert await plane.ledger.entries(limit=9) == []


# --- one person, many names ---


async def test_a_stop_from_one_spelling_forbids_the_other(
    plane: ControlPlane,
    whatsapp: WhatsAppSimulator,
    store: SupabaseStore,
    http: aiohttp.ClientSession,
) -> None:
    """Brazil without and with the ninth digit; nothing reaches Graph."""
    await deliver(http, webhook("people", "stop_from_brazil"))
    await until_handled(plane, store, "text", 1)
    for to in ("+5531988887777", "+553188887777", "0055 31 98888-7777"):
        status, answer = await post(http, "/calls", {"to": to})
        assert (status, answer["error"]["code"]) == (409, "do-not-call"), to
        status, answer = await post(http, "/consents/request", {"to": to})
        assert (status, answer["error"]["code"]) == (409, "do-not-call"), to
    assert sent(whatsapp) == []
    status, answer = await post(http, "/consents/erase", {"to": "+5531988887777"})
    # of what they wrote, what they forbade stays
    assert (status, answer["erased"]["consents"]) == (200, 1)


async def test_what_goes_to_meta_is_spelled_as_meta_spells_it(
    plane: ControlPlane,
    whatsapp: WhatsAppSimulator,
    store: SupabaseStore,
    http: aiohttp.ClientSession,
) -> None:
    """Whatever an operator writes, and even if no table knows such a number."""
    for phone, written in (
        ("553188887777", "+55 31 98888-7777"),
        ("5215512345678", "+52 55 1234 5678"),
        ("155500011", "+155500011"),
    ):
        person = Person(phone=phone)
        inbound = Call(
            id=CallId(str(uuid.uuid4())),
            wacid=WhatsAppCallId(f"wacid.{phone}"),
            direction=Direction.INBOUND,
            status=CallStatus.NO_ANSWER,
            phone_number_id=PhoneNumberId(LINE),
            party=Party(person=person),
            created_at=datetime.now(UTC),
            ended_at=datetime.now(UTC),
            end_reason=EndReason.CALLER_HANGUP,
            released_at=datetime.now(UTC),
        )
        assert await store.claim_call(inbound) is not None
        await post(http, "/consents/request", {"to": written})
        assert sent(whatsapp)[-1]["to"] == f"+{phone}"
    status, answer = await post(http, "/consents/request", {"to": "+155500012"})
    assert (status, len(sent(whatsapp))) == (400, 3)
    assert "more or fewer digits" in answer["error"]["message"]


async def test_who_changes_their_number_stays_uncalled(
    plane: ControlPlane, store: SupabaseStore, http: aiohttp.ClientSession
) -> None:
    """Meta's message links both names, twice delivered; the permission of before is gone."""
    former = Person(user_id="US.1000000000000000001", phone="15550001111")
    current = Person(user_id="US.2000000000000000002", phone="15550002222")
    (stop,) = text_message("STOP")["entry"][0]["changes"][0]["value"]["messages"]
    assert stop["from"] == former.phone
    await deliver(http, text_message("STOP"))
    await until_handled(plane, store, "text", 1)
    for _ in range(2):
        await deliver(http, person_webhook("changed_number"))
    await until_handled(plane, store, "identity-change", 2)
    assert (await denied(plane, current)).code == "do-not-call"
    assert (await denied(plane, Person(phone=current.phone))).code == "do-not-call"
    shown = await plane.ledger.entries(person=current, limit=9)
    assert [(one.kind, one.source) for one in shown] == [
        (ConsentKind.DO_NOT_CALL, ConsentSource.MOVED)
    ]


@pytest.mark.parametrize(
    ("path", "body", "named"),
    [
        ("/consents/request", {}, "to"),
        ("/consents/request", {"to": "12"}, "to"),
        ("/consents/request", {"to": "2125550123"}, "to has no country code"),
        ("/consents/erase", {"to": "15550001111"}, "to has no country code"),
        ("/calls", {"to": "(555) 123-4567"}, "to has no country code"),
        ("/consents/request", {"to": "NL.1", "txet": "x"}, "txet"),
        ("/consents/request", [], "body"),
        (
            "/consents/request",
            {"to": "NL.1", "text": "x", "template": {"name": "x", "language": "nl"}},
            "template",
        ),
        ("/consents/erase", {"to": "NL.1", "forget_do_not_call": "yes"}, "forget_do_not_call"),
        ("/consents/import", {"to": "NL.1", "kind": "mood", "reference": "x"}, "kind"),
        ("/consents/import", {"to": "NL.1", "kind": "recording"}, "reference"),
        (
            "/consents/import",
            {
                "to": "NL.1",
                "kind": "call_permission",
                "reference": "x",
                "valid_until": "2020-01-01T00:00:00Z",
            },
            "valid_until",
        ),
        (
            "/consents/import",
            {
                "to": "NL.1",
                "kind": "do_not_call",
                "reference": "x",
                "valid_until": "2999-01-01T00:00:00Z",
            },
            "valid_until",
        ),
        (
            "/consents/import",
            {"to": "NL.1", "kind": "recording", "reference": "x", "at": "2999-01-01T00:00:00Z"},
            "at",
        ),
        (
            "/consents/withdraw",
            {"to": "NL.1", "kind": "recording", "reference": "x", "at": "2020-01-01T00:00:00"},
            "at",
        ),
    ],
)
async def test_malformed_bodies_are_named(
    plane: ControlPlane, http: aiohttp.ClientSession, path: str, body: Any, named: str
) -> None:
    """400 with the field's name."""
    status, answer = await post(http, path, body)
    assert (status, answer["error"]["code"]) == (400, "bad-request")
    assert named in answer["error"]["message"]


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/consents"),
        ("POST", "/consents/request"),
        ("POST", "/consents/import"),
        ("POST", "/consents/withdraw"),
        ("POST", "/consents/erase"),
    ],
)
async def test_only_operators_get_in(
    plane: ControlPlane, http: aiohttp.ClientSession, method: str, path: str
) -> None:
    """Without the key: 401."""
    async with http.request(method, path) as response:
        assert response.status == 401


# --- the command line ---


async def test_the_command_line_speaks_with_a_running_control_plane(
    plane: ControlPlane,
    bob: SimulatedPerson,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """request, import, withdraw, list, erase; a refusal is a sentence and exit code 1."""
    monkeypatch.setenv("CONTROLPLANE_API_KEY", OPERATOR_KEY)
    monkeypatch.setenv("CONTROLPLANE_URL", f"http://127.0.0.1:{plane.settings.port}")

    async def run(*argv: str) -> tuple[int, str]:
        code = await asyncio.to_thread(cli.main, ["consent", *argv])
        said = capsys.readouterr()
        return code, said.out + said.err

    assert (await run("list"))[1].startswith("The ledger has no consents; `wacall consent request")
    assert (await run("request", BOB_PHONE, "--text", "May we?"))[0] == 0
    code, said = await run("request", BOB_PHONE)
    assert (code, "as often as Meta allows" in said, "tried again at 20" in said) == (1, True, True)
    paper = ("--kind", "recording", "--reference", "form 12")
    assert (await run("import", BOB_PHONE, *paper, "--valid-until", "2999-01-01T00:00:00Z"))[0] == 0
    code, said = await run("list", BOB_PHONE)
    assert "now: recording is granted until 2999" in said
    assert (await run("withdraw", BOB_PHONE, *paper))[0] == 0
    assert "now: recording is withdrawn" in (await run("list", BOB_PHONE))[1]
    # nobody can be asked whether they are sure
    assert (await run("erase", BOB_PHONE))[0] == 1
    code, said = await run("erase", BOB_PHONE, "--yes")
    assert (code, said) == (0, "erased: 0 calls, 2 consents, 1 call_events\n")
    assert (await run("list", BOB_PHONE))[1].startswith("The ledger has no consents; ")
    monkeypatch.setenv("CONTROLPLANE_API_KEY", "wrong")
    code, said = await run("list")
    assert (code, "CONTROLPLANE_API_KEY" in said) == (1, True)
