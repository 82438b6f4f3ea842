"""Two businesses in one control plane: numbers of two accounts, each with its app and its token."""

import asyncio
import time
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import aiohttp
import pytest_asyncio

from shared.call.call import Call, CallStatus
from shared.call.ids import CallId, PhoneNumberId
from simulators.meta.accounts import accounts_at_one_address
from simulators.meta.people.call_plan import CallPlan, Timing
from simulators.meta.people.callee_plan import CalleePlan
from simulators.meta.people.person import Person
from simulators.meta.rules.token import TokenState
from simulators.meta.webhooks.calls import (
    Caller,
    Line,
    calls_change,
    connect_call,
    encode,
    envelope,
    make_wacid,
    sign,
)
from simulators.meta.whatsapp import WhatsAppSimulator
from tests.component.bench import APP_SECRET, OPERATOR_KEY, Bench, MakeBench
from tests.component.outbound import over
from tests.data.descriptions import OFFER
from tests.eventually import eventually, until_row
from wacall.stack.bridge import EmbeddedBridge

CLINIC_SECRET, CLINIC_TOKEN = "clinic-app-secret", "EAAclinic-token"
CLINIC_LINE = Line(
    phone_number_id="555000111222", display_phone_number="4915550100777", waba_id="777000999"
)
CLINIC = """\
business: Clinic
purpose: Appointments with the dentist.
greeting: Good day.
max_duration_s: 600
numbers:
  - {id: 555000111222, account: 777000999, access_token: CLINIC_TOKEN, app_secret: CLINIC_SECRET}
"""
OTHER_CALLER = Caller(phone="15550100456", name="Bo", user_id="US.77777777777777777777")


@pytest_asyncio.fixture
async def clinic(whatsapp: WhatsAppSimulator) -> AsyncIterator[WhatsAppSimulator]:
    """The second account, at a Meta of its own that posts to the same control plane."""
    async with WhatsAppSimulator(
        app_secret=CLINIC_SECRET,
        access_token=CLINIC_TOKEN,
        webhook_url=whatsapp.webhook_url,
        line=CLINIC_LINE,
        # how soon a call is cleaned up is another test's question
        timing=Timing(ring_s=30, linger_s=0.7),
    ) as simulator:
        yield simulator


@pytest_asyncio.fixture
async def bench(
    make_bench: MakeBench,
    whatsapp: WhatsAppSimulator,
    clinic: WhatsAppSimulator,
    bridge: EmbeddedBridge,
    tmp_path: Path,
) -> AsyncIterator[Bench]:
    """A control plane with the number of the variables, and that of a profile."""
    (tmp_path / "clinic.yaml").write_text(CLINIC, "utf-8")
    (tmp_path / "clinic.md").write_text("You look after a dental practice.", "utf-8")
    async with accounts_at_one_address([whatsapp, clinic]) as graph:
        yield await make_bench(
            **over(bridge),
            WA_GRAPH_BASE_URL=graph,
            PROFILES_DIR=str(tmp_path),
            CLINIC_TOKEN=CLINIC_TOKEN,
            CLINIC_SECRET=CLINIC_SECRET,
            LINE_CHECK_INTERVAL_S="0.2",
        )


async def talk(bench: Bench, whatsapp: WhatsAppSimulator, caller: Caller | None = None) -> Call:
    """Have somebody call a number, hear the agent, and hang up; return the row."""
    call = await whatsapp.call(CallPlan(caller=caller) if caller else None)
    await call.accepted(30)
    await call.phone.wait_agent_speaking(30)
    call.hang_up()
    row = await bench.until_released(call)
    assert call.violations == []
    return row


async def ask(http: aiohttp.ClientSession, **body: Any) -> tuple[int, dict[str, Any]]:
    """Ask for a call as an operator does."""
    headers = {"Authorization": f"Bearer {OPERATOR_KEY}"}
    async with http.post("/calls", json=body, headers=headers) as response:
        return response.status, await response.json()


async def called(
    bench: Bench,
    http: aiohttp.ClientSession,
    whatsapp: WhatsAppSimulator,
    person: Person,
    **by: str,
) -> Call:
    """Have somebody called, wait until both talk, and let them hang up."""
    status, body = await ask(http, to=f"+{person.caller.phone}", **by)
    assert status == 202, body
    call = await whatsapp.next_outbound_call(30)
    await call.accepted(30)
    await call.phone.wait_agent_speaking(30)
    call.hang_up()
    row = await until_row(
        lambda: bench.store.get_call(CallId(body["call_id"])),
        lambda row: row.released_at is not None,
        30,
    )
    assert call.violations == []
    return row


def callee(whatsapp: WhatsAppSimulator, caller: Caller) -> Person:
    """Make somebody who has permitted calls of this business."""
    person = whatsapp.add_person(Person(caller=caller, plan=CalleePlan(after_s=0.2)))
    whatsapp.outbound.grant(person, permanent=True)
    return person


async def test_each_number_is_answered_and_calls_by_its_own(
    bench: Bench, whatsapp: WhatsAppSimulator, clinic: WhatsAppSimulator,
    http: aiohttp.ClientSession,
) -> None:  # fmt: skip
    """Inbound and outbound on both, in one control plane; a dead token on one harms it alone."""
    ours = PhoneNumberId(whatsapp.line.phone_number_id)
    theirs = PhoneNumberId(CLINIC_LINE.phone_number_id)
    rows = await asyncio.gather(talk(bench, whatsapp), talk(bench, clinic, OTHER_CALLER))
    assert [(row.phone_number_id, row.profile, row.max_duration_s) for row in rows] == [
        (ours, "default", None), (theirs, "clinic", 600),
    ]  # fmt: skip

    person, patient = callee(whatsapp, Caller()), callee(clinic, OTHER_CALLER)
    row = await called(bench, http, whatsapp, person)
    assert (row.phone_number_id, row.profile) == (ours, "default")
    row = await called(bench, http, clinic, patient, profile="clinic")
    assert (row.phone_number_id, row.profile) == (theirs, "clinic")
    status, body = await ask(http, to="+15550100456", **{"from": "999"})
    assert (status, body["error"]["code"]) == (422, "line-unclear")
    assert theirs in body["error"]["message"]

    clinic.graph.token.state = TokenState.REVOKED

    async def is_told() -> bool:
        async with http.get("/readyz") as response:
            problems = (await response.json()).get("problems") or {}
            assert response.status == 200
        assert not any(name.endswith(ours) for name in problems)
        return "CLINIC_TOKEN" in problems.get(f"token@{theirs}", "")

    await eventually(is_told, 10)
    assert (await talk(bench, whatsapp)).status is CallStatus.COMPLETED


async def tell(http: aiohttp.ClientSession, line: Line, secret: str) -> int:
    """Post a `connect` of an hour ago, signed with an app's secret; return the HTTP status."""
    caller, at = Caller(), int(time.time()) - 3600
    call = connect_call(
        make_wacid(caller.phone, line.display_phone_number), caller, line, OFFER, at
    )
    body = encode(envelope(line, [calls_change(line, [caller], [call])]))
    headers = {"X-Hub-Signature-256": sign(body, secret), "Content-Type": "application/json"}
    async with http.post("/wa/webhook", data=body, headers=headers) as response:
        return response.status


async def test_a_number_is_told_of_by_its_own_app_alone(
    bench: Bench, http: aiohttp.ClientSession, tmp_path: Path
) -> None:
    """What another app of ours has signed is refused, and nothing of it kept; a number that a new
    profile names is served without a restart.
    """
    branch = Line(phone_number_id="31")
    for line, secret, status, kept in (
        (CLINIC_LINE, APP_SECRET, 401, 0),
        (Line(), CLINIC_SECRET, 401, 0),
        (CLINIC_LINE, CLINIC_SECRET, 200, 1),
        (Line(), APP_SECRET, 200, 2),
        (branch, APP_SECRET, 200, 3),
    ):
        assert await tell(http, line, secret) == status
        assert len(await bench.outcomes("connect")) == kept
    # an offer of an hour ago is stale; that of a number that is not ours is not looked at
    assert await bench.until_settled("connect", 3) == ["ignored", "stale", "stale"]

    profile = CLINIC[: CLINIC.index("numbers:")] + 'numbers: [{id: "31"}]\n'
    (tmp_path / "branch.md").write_text("You look after a branch.", "utf-8")
    (tmp_path / "branch.yaml").write_text(profile, "utf-8")
    await eventually(lambda: bench.plane.near.lines.serves(PhoneNumberId("31")), 10)
    assert await tell(http, branch, CLINIC_SECRET) == 401
    assert await tell(http, branch, APP_SECRET) == 200
    assert await bench.until_settled("connect", 4) == ["ignored", "stale", "stale", "stale"]
