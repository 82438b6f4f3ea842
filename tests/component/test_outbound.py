"""An outbound call's story on real parts: SFU, database, media bridge; Meta is simulated."""

import asyncio
import math
import uuid
from pathlib import Path
from typing import Any

import aiohttp
import pytest
import pytest_asyncio

from controlplane.core.consent import ConsentKind
from controlplane.core.line import AgentTerms
from shared.call.call import CallStatus, EndReason
from shared.call.person import Person as SomebodyCalled
from simulators.meta.api.faults import Fault, FaultKind
from simulators.meta.people.callee_plan import AnswerWebhook, Reaction, Statuses
from simulators.meta.people.person import Person
from simulators.meta.webhooks.calls import Caller
from tests.component.bench import (
    OPERATOR_KEY,
    Bench,
    MakeBench,
    ended_as,
    line_of,
)
from tests.component.outbound import Place, make_person, over, released, until
from wacall.environment import free_port
from wacall.stack.bridge import EmbeddedBridge


@pytest_asyncio.fixture
async def bench(make_bench: MakeBench, bridge: EmbeddedBridge, tmp_path: Path) -> Bench:
    """The bench with a media bridge, and a price of Meta's for everybody's number."""
    prices = tmp_path / "prices.toml"
    prices.write_text('as_of = "2026-11-01"\n[meta]\n"1" = 0.6\n')
    return await make_bench(**over(bridge), RING_TIMEOUT_S="4", PRICES_FILE=str(prices))


@pytest.mark.parametrize("setup", ["active", "passive", "actpass"])
async def test_a_call_is_placed_answered_heard_and_ended(
    bench: Bench, bridge: EmbeddedBridge, place: Place, setup: str
) -> None:
    """Policy, agent, bridge, connect, answer, ringing, accepted; audio; hang-up; nothing left."""
    person = make_person(bench, setup=setup, after_s=1.5)

    status, body = await place(person)
    assert status == 202
    call = await bench.whatsapp.next_outbound_call(30)
    await until(bench, body["call_id"], lambda row: row.status is CallStatus.RINGING)
    await call.accepted(30)
    await call.phone.wait_agent_speaking(30)
    await until(bench, body["call_id"], lambda row: row.status is CallStatus.ACTIVE)

    await asyncio.sleep(1.1)  # a call of at least one whole second, as Meta counts
    call.hang_up()
    row = await released(bench, bridge, body["call_id"])

    ended_as(row, CallStatus.COMPLETED, EndReason.CALLER_HANGUP)
    assert row.duration_s is not None
    assert row.duration_s > 1
    # each begun six seconds
    assert row.meta_cost_usd == pytest.approx(0.06 * math.ceil(row.duration_s / 6))
    assert call.violations == []


async def test_what_has_cost_enough_today_is_not_placed(
    make_bench: MakeBench, bridge: EmbeddedBridge, place: Place
) -> None:
    """A 409 that says until when; what earlier days have cost does not count."""
    bench = await make_bench(**over(bridge), DAILY_COST_CAP_USD="5")
    person = make_person(bench)
    columns = "id, direction, status, phone_number_id, created_at, cost_usd"
    ended = f"gen_random_uuid(), 'outbound', 'dialing', '{line_of(bench.plane)}'"
    await bench.database.execute(
        f"insert into calls ({columns}) values ({ended}, now() - interval '25 hours', 90)"
    )
    budget = bench.plane.use_cases.budget
    assert not await budget.is_spent(AgentTerms())
    await bench.database.execute(f"insert into calls ({columns}) values ({ended}, now(), 5.5)")

    status, body = await place(person)

    assert (status, body["error"]["code"]) == (409, "cost-limit")
    assert "DAILY_COST_CAP_USD" in body["error"]["message"]
    assert body["error"]["retry_at"].endswith("T00:00:00+00:00")
    await budget.look()
    assert b"whatsapp_cost_today_usd 5.5" in bench.plane.near.metrics.render()


async def test_without_permission_nothing_leaves(bench: Bench, place: Place) -> None:
    """A denied call is a 409 with its reason, and Graph sees no `connect`."""
    person = make_person(bench, permitted=False)

    status, body = await place(person)

    assert (status, body["error"]["code"]) == (409, "no-permission")
    assert not [request for request in bench.whatsapp.requests if request.action == "connect"]
    assert await bench.store.list_calls(limit=1) == []


async def test_the_same_key_never_dials_twice(
    bench: Bench, bridge: EmbeddedBridge, place: Place
) -> None:
    """Two requests at once and one later: one call, one `connect`."""
    person = make_person(bench, after_s=0.3)
    key = str(uuid.uuid4())

    answers = list(await asyncio.gather(place(person, key=key), place(person, key=key)))
    call = await bench.whatsapp.next_outbound_call(30)
    await call.accepted(30)
    answers.append(await place(person, key=key))

    assert {status for status, _ in answers} == {202}
    assert len({body["call_id"] for _, body in answers}) == 1
    connects = [request for request in bench.whatsapp.requests if request.action == "connect"]
    assert len(connects) == 1
    call.hang_up()
    await released(bench, bridge, answers[0][1]["call_id"])


async def test_a_key_belongs_to_one_person(
    bench: Bench, bridge: EmbeddedBridge, place: Place
) -> None:
    """Used again for somebody else it is refused: whoever sent it would believe in two calls."""
    person, key = make_person(bench, reaction=Reaction.REJECTS, after_s=0.1), str(uuid.uuid4())
    _, body = await place(person, key=key)

    somebody_else = Person(caller=Caller(phone="15550100124", user_id="US.2"))
    status, refusal = await place(somebody_else, key=key)

    assert (status, refusal["error"]["code"]) == (422, "idempotency-key-reused")
    await released(bench, bridge, body["call_id"])
    assert len(await bench.store.list_calls(limit=5)) == 1


@pytest.mark.parametrize(
    ("plan", "status", "reason"),
    [
        ({"reaction": Reaction.REJECTS}, CallStatus.REJECTED, EndReason.REJECTED),
        ({"reaction": Reaction.BUSY}, CallStatus.REJECTED, EndReason.REJECTED),
        ({"reaction": Reaction.IGNORES}, CallStatus.NO_ANSWER, EndReason.NOT_ANSWERED),
        ({"reaction": Reaction.UNREACHABLE}, CallStatus.NO_ANSWER, EndReason.NOT_ANSWERED),
        ({"reaction": Reaction.FAILS}, CallStatus.FAILED, EndReason.PEER_FAILED),
        (
            {"answer_webhook": AnswerWebhook.NEVER, "reaction": Reaction.IGNORES},
            CallStatus.NO_ANSWER,
            EndReason.NOT_ANSWERED,
        ),
    ],
    ids=["rejects", "busy", "ignores", "unreachable", "fails", "no-answer-webhook"],
)
async def test_a_call_that_nobody_takes_ends_with_its_reason(
    bench: Bench,
    bridge: EmbeddedBridge,
    place: Place,
    plan: dict[str, Any],
    status: CallStatus,
    reason: EndReason,
) -> None:
    """Each its own end, and nothing left at the bridge, in the SFU or at Meta."""
    person = make_person(bench, **{"after_s": 0.3, **plan})

    _, body = await place(person)
    call = await bench.whatsapp.next_outbound_call(30)
    row = await released(bench, bridge, body["call_id"], 30)

    ended_as(row, status, reason)
    await call.ended(30)


@pytest.mark.parametrize(
    "plan",
    [
        {"answer_webhook": AnswerWebhook.BEFORE_RESPONSE},
        {"statuses": Statuses.SWAPPED},
        {"statuses": Statuses.NO_RINGING},
        {"statuses": Statuses.BEFORE_ANSWER},
        {"connect_copies": 3, "status_copies": 2},
        {"status_opaque": False, "with_contacts": False},
    ],
    ids=["answer-first", "swapped", "no-ringing", "status-first", "copies", "no-echo"],
)
async def test_webhooks_may_come_in_any_order(
    bench: Bench, bridge: EmbeddedBridge, place: Place, plan: dict[str, Any]
) -> None:
    """Before the response, swapped, missing, repeated: the call is answered and heard."""
    person = make_person(bench, **{"after_s": 0.4, **plan})

    _, body = await place(person)
    call = await bench.whatsapp.next_outbound_call(30)
    await call.accepted(30)
    await call.phone.wait_agent_speaking(30)
    await until(bench, body["call_id"], lambda row: row.status is CallStatus.ACTIVE)
    call.hang_up()

    row = await released(bench, bridge, body["call_id"])
    ended_as(row, CallStatus.COMPLETED, EndReason.CALLER_HANGUP)
    assert call.violations == []


async def test_a_ringing_call_can_be_canceled(
    bench: Bench, bridge: EmbeddedBridge, place: Place, http: aiohttp.ClientSession
) -> None:
    """The operator hangs up before anybody answers: Meta is told."""
    person = make_person(bench, reaction=Reaction.IGNORES)
    _, body = await place(person)
    call = await bench.whatsapp.next_outbound_call(30)
    await until(bench, body["call_id"], lambda row: row.status is CallStatus.RINGING)

    headers = {"Authorization": f"Bearer {OPERATOR_KEY}"}
    async with http.post(f"/calls/{body['call_id']}/hangup", headers=headers) as response:
        assert response.status == 200

    ended_as(
        await released(bench, bridge, body["call_id"]),
        CallStatus.CANCELED,
        EndReason.OPERATOR_HANGUP,
    )
    await call.ended(30)
    assert call.requests[-1].action == "terminate"


async def test_a_refused_connect_ends_the_call_and_teaches_the_ledger(
    bench: Bench, bridge: EmbeddedBridge, place: Place
) -> None:
    """Meta refuses what the ledger allowed (138006): failed, and the next request is denied."""
    person = make_person(bench)
    bench.whatsapp.fail(
        Fault(action="connect", kind=FaultKind.ERROR_BEFORE, status=401, code=138006)
    )

    _, body = await place(person)
    row = await released(bench, bridge, body["call_id"])
    ended_as(row, CallStatus.FAILED, EndReason.GRAPH_REFUSED)
    # with what Meta's support asks for
    noted = await bench.database.execute(
        "select payload ->> 'after_step', payload ->> 'code', payload ->> 'meta_code', "
        "length(payload ->> 'fbtrace_id') > 5 from call_events where kind = 'error'"
    )
    assert noted.split("|") == ["offered", "no-permission", "138006", "t\n"]
    status, again = await place(person)

    assert (status, again["error"]["code"]) == (409, "no-permission")


async def test_a_connect_whose_answer_was_lost_is_not_repeated(
    bench: Bench, bridge: EmbeddedBridge, place: Place
) -> None:
    """The phone rings although Graph's answer did not come: the webhook brings the call's id."""
    person = make_person(bench, after_s=0.5)
    bench.whatsapp.fail(Fault(action="connect", kind=FaultKind.DROP_AFTER))

    _, body = await place(person)
    call = await bench.whatsapp.next_outbound_call(30)
    await call.accepted(30)
    await call.phone.wait_agent_speaking(30)
    call.hang_up()

    ended_as(
        await released(bench, bridge, body["call_id"]),
        CallStatus.COMPLETED,
        EndReason.CALLER_HANGUP,
    )
    connects = [request for request in bench.whatsapp.requests if request.action == "connect"]
    assert len(connects) == 1


async def test_a_connect_that_never_left_ends_the_call_at_once(
    make_bench: MakeBench, bridge: EmbeddedBridge, place: Place
) -> None:
    """No connection to Graph: no phone can ring, and the operator is not kept waiting for one."""
    bench = await make_bench(**over(bridge), WA_GRAPH_BASE_URL=f"http://127.0.0.1:{free_port()}")
    person = make_person(bench)
    await bench.plane.use_cases.papers.write(
        SomebodyCalled(phone=person.caller.phone),
        ConsentKind.CALL_PERMISSION,
        line=line_of(bench.plane),
        granted=True,
        reference="letter 7",
        at=None,
    )

    _, body = await place(person)
    row = await until(bench, body["call_id"], lambda call: call.status.is_final)

    assert (row.status, row.end_reason) == (CallStatus.FAILED, EndReason.GRAPH_REFUSED)


async def test_an_agent_that_does_not_come_means_no_ringing_phone(
    make_bench: MakeBench, bridge: EmbeddedBridge, place: Place
) -> None:
    """Without an agent nobody is called."""
    bench = await make_bench(**over(bridge), AGENT_READY_TIMEOUT_S="0.5")
    bench.agents.stay_away()
    person = make_person(bench)

    _, body = await place(person)

    ended_as(
        await released(bench, bridge, body["call_id"]), CallStatus.FAILED, EndReason.AGENT_NOT_READY
    )
    assert not [request for request in bench.whatsapp.requests if request.action == "connect"]


async def test_without_a_bridge_no_call_is_placed(make_bench: MakeBench, place: Place) -> None:
    """BRIDGE_URL is not set: a clear 503, no row."""
    bench = await make_bench()
    person = make_person(bench)

    status, body = await place(person)

    assert (status, body["error"]["code"]) == (503, "no-bridge")
    assert await bench.store.list_calls(limit=1) == []
