"""Texts, follow-ups and missed calls, done by the control plane: against Meta's own rules."""

import asyncio
import hmac
import json
import uuid
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from datetime import timedelta
from hashlib import sha256
from typing import Any

import aiohttp
import pytest_asyncio
from aiohttp import web

from controlplane.core.follow_up import UNWANTED, FollowUp, FollowUpStatus
from controlplane.core.message import NO_WINDOW, Message, MessageStatus
from shared.call.call import Call, CallStatus
from shared.call.ids import CallId
from simulators.meta.api.faults import Fault, FaultKind
from simulators.meta.people.call_plan import CallPlan
from simulators.meta.people.callee_plan import CalleePlan
from simulators.meta.people.permissions import PermissionPolicy
from simulators.meta.people.person import Person
from simulators.meta.rules.outbound import OutboundPolicy
from simulators.meta.webhooks.calls import Caller, Json
from tests.component.bench import OPERATOR_KEY, Bench, MakeBench, line_of
from tests.component.outbound import over
from tests.eventually import eventually
from tests.serving import serving
from wacall.stack.bridge import EmbeddedBridge

SECRET = "0123456789abcdef-operator"
HEADERS = {"Authorization": f"Bearer {OPERATOR_KEY}"}


@dataclass(slots=True)
class Desk:
    """The operator's own system: what was posted to it, and what it answers."""

    answers: list[int] = field(default_factory=list)
    """One after the other; then 200."""
    posted: list[web.Request] = field(default_factory=list)
    bodies: list[bytes] = field(default_factory=list)
    url: str = ""

    async def take(self, request: web.Request) -> web.Response:
        self.posted.append(request)
        self.bodies.append(await request.read())
        return web.Response(status=self.answers.pop(0) if self.answers else 200)


@pytest_asyncio.fixture
async def desk() -> AsyncIterator[Desk]:
    made = Desk()
    async with serving(web.post("/hook", made.take)) as url:
        made.url = f"{url}/hook?key=k"
        yield made


async def called(bench: Bench, person: Person) -> Call:
    """A call of this person's that is over, was answered, and opened the window."""
    call = await bench.whatsapp.call(CallPlan(caller=person.caller))
    await call.accepted(12)
    call.hang_up()
    return await bench.until(call, lambda row: row.status is CallStatus.COMPLETED)


async def follow_up(bench: Bench, call: Call, **values: object) -> str:
    """A row as the agent or the work after the call writes it, due now."""
    columns = {
        "id": str(uuid.uuid4()),
        "call_id": call.id,
        "due_at": bench.plane.near.clock(),
        "channel": "message",
        "purpose": "send the price list",
        **values,
    }
    quoted = ", ".join("'" + str(value).replace("'", "''") + "'" for value in columns.values())
    await bench.database.execute(f"insert into follow_ups ({', '.join(columns)}) values ({quoted})")
    return str(columns["id"])


async def write(bench: Bench, call: Call, body: str, kind: str = "agent") -> str:
    """A text as the agent's tool writes it."""
    message_id = str(uuid.uuid4())
    assert await bench.plane.errand_rows.messages.write(message_id, call.id, kind=kind, body=body)
    return message_id


async def until_message(
    bench: Bench, message_id: str, fits: Callable[[Message], bool], within_s: float = 12
) -> Message:
    found: Message | None = None

    async def look() -> Message | None:
        nonlocal found
        found = await bench.plane.errand_rows.messages.find(message_id)
        return found if found is not None and fits(found) else None

    message: Message = await eventually(look, within_s, last=lambda: found)
    return message


async def until_follow_up(
    bench: Bench, follow_up_id: str, fits: Callable[[FollowUp], bool], within_s: float = 12
) -> FollowUp:
    found: FollowUp | None = None

    async def look() -> FollowUp | None:
        nonlocal found
        found = await bench.plane.errand_rows.follow_ups.find(follow_up_id)
        return found if found is not None and fits(found) else None

    row: FollowUp = await eventually(look, within_s, last=lambda: found)
    return row


def taken(person: Person) -> list[Json]:
    """What the person's phone has received of the business."""
    return [body for body in person.inbox if body.get("type") in ("text", "template")]


async def test_a_text_is_sent_once_whatever_becomes_of_metas_answer(make_bench: MakeBench) -> None:
    """A refusal is repeated, a lost answer is not: Meta's own word about the message settles it."""
    bench = await make_bench(WA_FOLLOW_UP_TEMPLATE="we_write:de")
    bench.whatsapp.outbound.policy = OutboundPolicy(templates=frozenset({"we_write"}))
    person = bench.whatsapp.add_person(Person(caller=Caller()))
    call = await called(bench, person)

    began = asyncio.get_running_loop().time()
    await until_message(
        bench, await write(bench, call, "the link"), lambda one: one.status is MessageStatus.SENT
    )
    assert asyncio.get_running_loop().time() - began < 4
    assert [body["text"]["body"] for body in taken(person)] == ["the link"]

    # Meta fails: nothing was done, so that it may be tried again
    bench.whatsapp.fail(Fault(action="messages", kind=FaultKind.ERROR_BEFORE))
    again = await until_message(
        bench, await write(bench, call, "again"), lambda one: one.status is MessageStatus.SENT
    )
    assert (again.attempts, len(taken(person))) == (2, 2)

    # the answer is lost, though Meta took it
    bench.whatsapp.fail(Fault(action="messages", kind=FaultKind.DROP_AFTER))
    lost = await until_message(
        bench, await write(bench, call, "lost"), lambda one: one.status is MessageStatus.SENT
    )
    assert [body["text"]["body"] for body in taken(person)] == ["the link", "again", "lost"]

    # Meta's word may come when the text was given up; what was not delivered is not sent after all
    messages, now = bench.plane.errand_rows.messages, bench.plane.near.clock()
    await bench.database.execute(f"update messages set status = 'failed' where id = '{lost.id}'")
    for found, status in (
        (await messages.sent(lost.id, "wamid.late", now), MessageStatus.SENT),
        (await messages.undelivered(lost.id, "why", now), MessageStatus.FAILED),
    ):
        assert found is not None
        assert found.status is status
    assert await messages.sent(lost.id, "wamid.late", now) is None

    # Meta takes a text, and tells a moment later that the window is shut: the template, once
    person.fails_with = 131047
    undelivered = await until_message(
        bench,
        await write(bench, call, "undelivered"),
        lambda one: one.status is MessageStatus.FAILED and one.template is not None,
    )
    assert "131047" in (undelivered.last_error or "")
    assert [body["type"] for body in taken(person)[3:]] == ["text", "template"]
    person.fails_with = None

    # Meta's window is shut although ours is open: the template, once
    person.open_window(0)
    shut = await until_message(
        bench, await write(bench, call, "one\n  two"), lambda one: one.status is MessageStatus.SENT
    )
    assert shut.template == "we_write:de"
    template = taken(person)[-1]["template"]
    assert (template["name"], template["language"]) == ("we_write", {"code": "de"})
    assert template["components"][0]["parameters"] == [{"type": "text", "text": "one two"}]


async def test_a_follow_up_writes_calls_and_tells_people(
    make_bench: MakeBench, bridge: EmbeddedBridge, desk: Desk, http: aiohttp.ClientSession
) -> None:
    """Each by its way, each once, and what became of it stands on the row."""
    bench = await make_bench(
        **over(bridge), OPERATOR_WEBHOOK_URL=desk.url, OPERATOR_WEBHOOK_SECRET=SECRET
    )
    person = bench.whatsapp.add_person(Person(caller=Caller(), plan=CalleePlan(after_s=0.3)))
    bench.whatsapp.outbound.grant(person, permanent=True)
    call = await called(bench, person)

    # a text
    texted = await follow_up(bench, call, body="The price list: https://example.org")
    await until_follow_up(bench, texted, lambda row: row.status is FollowUpStatus.DONE)
    assert [body["text"]["body"] for body in taken(person)] == [
        "The price list: https://example.org"
    ]

    # people: the first try fails, the second has the same key and a signature of its own
    desk.answers = [503]
    told = await follow_up(bench, call, channel="task", kind="human-request")
    row = await until_follow_up(bench, told, lambda one: one.last_error is not None)
    assert row.last_error == "The operator's webhook answered with HTTP 503."
    await bench.database.execute(f"update follow_ups set next_at = now() where id = '{told}'")
    await until_follow_up(bench, told, lambda one: one.status is FollowUpStatus.DONE)
    assert [request.headers["Idempotency-Key"] for request in desk.posted] == [told, told]
    signed = desk.posted[-1].headers["X-Wacall-Timestamp"].encode() + b"." + desk.bodies[-1]
    assert desk.posted[-1].headers["X-Wacall-Signature"] == (
        "sha256=" + hmac.new(SECRET.encode(), signed, sha256).hexdigest()
    )
    notice = json.loads(desk.bodies[-1])
    assert (notice["event"], notice["call_id"]) == ("human-request", call.id)
    assert notice["person"]["user_id"] == person.user_id

    # a call: placed through the policy, with what it is about; done when it is answered
    dialed = await follow_up(bench, call, channel="call", purpose="tell the price")
    ringing = await bench.whatsapp.next_outbound_call(20)
    await ringing.accepted(20)
    placed = await until_follow_up(bench, dialed, lambda one: one.placed_call_id is not None)
    await bench.database.execute(f"update follow_ups set next_at = now() where id = '{dialed}'")
    done = await until_follow_up(bench, dialed, lambda one: one.status is FollowUpStatus.DONE, 30)
    assert done.placed_call_id == placed.placed_call_id
    assert len(bench.whatsapp.outbound.calls) == 1
    ringing.hang_up()

    # and the operators see it all
    async with http.get(f"/calls/{call.id}", headers=HEADERS) as response:
        shown: dict[str, Any] = await response.json()
    assert {one["id"] for one in shown["follow_ups"]} == {texted, told, dialed}
    assert [one["status"] for one in shown["messages"]] == ["sent"]


async def test_what_may_not_be_done_waits_or_is_given_up(
    bench: Bench, http: aiohttp.ClientSession
) -> None:
    """Without permission, a window, or anybody to tell; operators close what is open."""
    # a call to the business allows no call back
    bench.whatsapp.outbound.policy = OutboundPolicy(permission=PermissionPolicy(callback=False))
    person = bench.whatsapp.add_person(Person(caller=Caller()))
    call = await called(bench, person)
    dialed = await follow_up(bench, call, channel="call")
    row = await until_follow_up(bench, dialed, lambda one: one.status is FollowUpStatus.FAILED)
    assert row.last_error is not None
    assert row.last_error.startswith("This person has not permitted calls")

    # the window shuts before it is due
    old = "now() - interval '30 hours'"
    await bench.database.execute(f"update calls set created_at = {old} where id = '{call.id}'")
    texted = await follow_up(bench, call, body="later")
    row = await until_follow_up(bench, texted, lambda one: one.status is FollowUpStatus.FAILED)
    assert (row.last_error, taken(person)) == (NO_WINDOW, [])

    # who was asked, and said no
    await bench.database.execute(
        f"select from upsert_lead('{call.id}', '{{\"may_follow_up\": false}}')"
    )
    unwanted = await follow_up(bench, call, body="hello")
    row = await until_follow_up(bench, unwanted, lambda one: one.last_error is not None)
    assert (row.status, row.last_error) == (FollowUpStatus.CANCELED, UNWANTED)

    # nobody to tell: it stays for people, who see it
    task = await follow_up(bench, call, channel="task", purpose="ring the workshop")
    soon = bench.plane.near.clock() + timedelta(hours=1)
    planned = await follow_up(bench, call, channel="call", due_at=soon)
    async with http.get("/follow-ups?status=open", headers=HEADERS) as response:
        found = (await response.json())["follow_ups"]
    assert [(one["id"], one["is_for_people"]) for one in found] == [
        (planned, False),
        (task, True),
    ]
    for path, status in ((f"{task}/done", "done"), (f"{planned}/cancel", "canceled")):
        for _ in range(2):
            async with http.post(f"/follow-ups/{path}", headers=HEADERS) as response:
                assert (await response.json())["status"] == status
    async with http.post(f"/follow-ups/{task}/cancel", headers=HEADERS) as response:
        assert (response.status, (await response.json())["error"]["code"]) == (
            409,
            "follow-up-over",
        )
    async with http.post(f"/follow-ups/{uuid.uuid4()}/done", headers=HEADERS) as response:
        assert response.status == 404
    async with http.get("/follow-ups?status=lost", headers=HEADERS) as response:
        assert response.status == 400


async def test_whose_call_was_missed_is_written_to_once(make_bench: MakeBench) -> None:
    """Several calls, one text; who is talking with us by then needs none."""
    bench = await make_bench(
        MISSED_CALL_TEXT="default", MISSED_CALL_WAIT_S="1", MAX_CONCURRENT_CALLS="1"
    )
    first = bench.whatsapp.add_person(Person(caller=Caller()))
    talking = await bench.whatsapp.call(CallPlan(caller=first.caller))
    await talking.accepted(12)

    other = bench.whatsapp.add_person(
        Person(caller=Caller(phone="4915550100124", user_id="DE.4915550100124"))
    )
    for _ in range(3):
        refused = await bench.whatsapp.call(CallPlan(caller=other.caller))
        await refused.ended(12)
    # who is on the line has called a second time, and was refused
    second = await bench.whatsapp.call(CallPlan(caller=first.caller))
    await second.ended(12)
    await eventually(lambda: taken(other))

    async def settled() -> list[str]:
        rows = await bench.database.execute(
            "select status || ' ' || coalesce(last_error, '') from call_jobs "
            "where kind = 'missed-call' order by created_at"
        )
        lines = [line.strip() for line in rows.splitlines()]
        return lines if len(lines) == 4 and not any("open" in line for line in lines) else []

    assert await eventually(settled) == [
        "skipped called-again",
        "skipped called-again",
        "done",
        "skipped talked-since",
    ]
    # the line's profile has words of its own
    words = bench.plane.near.lines.agent_of(line_of(bench.plane)).missed_call_text
    assert words is not None
    assert [body["text"]["body"] for body in taken(other)] == [words.strip()]
    assert taken(first) == []
    talking.hang_up()


async def test_a_follow_up_whose_process_died_is_found_where_it_was(
    make_bench: MakeBench, bridge: EmbeddedBridge
) -> None:
    """The second try finds the first one's call and text: nobody is called or written to twice."""
    bench = await make_bench(**over(bridge))
    person = bench.whatsapp.add_person(Person(caller=Caller(), plan=CalleePlan(after_s=0.2)))
    bench.whatsapp.outbound.grant(person, permanent=True)
    call = await called(bench, person)
    dialed = await follow_up(bench, call, channel="call")
    texted = await follow_up(bench, call, body="the list")
    ringing = await bench.whatsapp.next_outbound_call(20)
    await ringing.accepted(20)
    row = await until_follow_up(bench, dialed, lambda one: one.placed_call_id is not None)
    await until_follow_up(bench, texted, lambda one: one.status is FollowUpStatus.DONE)
    placed = row.placed_call_id

    # as if the process had died before it wrote anything down, and its lease were over
    await bench.database.execute(
        "update follow_ups set status = 'open', finished_at = null, placed_call_id = null, "
        "next_at = now(), owner = null"
    )
    await until_follow_up(bench, texted, lambda one: one.status is FollowUpStatus.DONE)
    row = await until_follow_up(bench, dialed, lambda one: one.placed_call_id is not None, 20)
    assert row.placed_call_id == placed
    assert await bench.store.get_call(CallId(placed or "")) is not None
    assert len(bench.whatsapp.outbound.calls) == 1
    assert len(taken(person)) == 1
    ringing.hang_up()
