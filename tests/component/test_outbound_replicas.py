"""Placed calls over several replicas and bridges: what one began, any other one goes on with."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio

from shared.call.call import CallStatus, EndReason
from shared.database.supabase import SupabaseStore
from simulators.meta.people.callee_plan import CalleePlan
from simulators.meta.people.person import Person
from simulators.meta.webhooks.calls import Caller
from simulators.meta.whatsapp import WhatsAppSimulator
from tests.component.bench import Bench, MakeBench, StartControlPlane, ended_as
from tests.component.outbound import Place, make_person, over, released, until
from tests.component.puppet import PuppetAgents
from tests.replicas import FIRST, SECOND, Balancer
from wacall.environment import free_port
from wacall.stack.bridge import EmbeddedBridge
from wacall.stack.database import LocalSupabase


@pytest_asyncio.fixture
async def replicas(
    start_controlplane: StartControlPlane,
    balancer: Balancer,
    bridge: EmbeddedBridge,
    whatsapp: WhatsAppSimulator,
    puppets: PuppetAgents,
    store: SupabaseStore,
    database: LocalSupabase,
) -> Bench:
    """Two control planes over one database, one SFU and one bridge; operators ask the first."""
    first = await start_controlplane(**over(bridge), MEDIA_DEAD_S="2.5")
    port = free_port()
    await start_controlplane(**over(bridge), PORT=str(port))
    balancer.ports = {FIRST: first.settings.port, SECOND: port}
    whatsapp.webhook_url = balancer.url
    return Bench(plane=first, whatsapp=whatsapp, agents=puppets, store=store, database=database)


@pytest_asyncio.fixture
async def empty_bridge(tmp_path: Path, bridge: EmbeddedBridge) -> AsyncIterator[EmbeddedBridge]:
    """A media bridge without a leg; the shared one may have some of tests that are over."""
    server = EmbeddedBridge(data_dir=tmp_path / "empty", token=bridge.token)
    await server.start()
    yield server
    await server.stop()


async def test_the_other_replica_takes_the_answer_and_all_that_follows(
    replicas: Bench, balancer: Balancer, bridge: EmbeddedBridge, place: Place
) -> None:
    """The first dials; answer, RINGING, ACCEPTED and the end come to the second."""
    balancer.targets = {kind: [SECOND] for kind in ("connect", "RINGING", "ACCEPTED", "terminate")}
    person = make_person(replicas, after_s=0.4)

    _, body = await place(person)
    call = await replicas.whatsapp.next_outbound_call(30)
    await call.accepted(30)
    await call.phone.wait_agent_speaking(30)
    await until(replicas, body["call_id"], lambda row: row.status is CallStatus.ACTIVE)
    call.hang_up()

    row = await released(replicas, bridge, body["call_id"])
    ended_as(row, CallStatus.COMPLETED, EndReason.CALLER_HANGUP)
    assert call.violations == []
    assert {one.replica for one in balancer.passed} == {SECOND}
    assert {one.kind for one in balancer.passed} == set(balancer.targets)


async def test_every_event_at_both_replicas_is_worked_on_once(
    replicas: Bench, balancer: Balancer, bridge: EmbeddedBridge, place: Place
) -> None:
    """Two copies of the answer and of each status, each to both at once: linked once, heard."""
    balancer.targets = {
        kind: [FIRST, SECOND] for kind in ("connect", "RINGING", "ACCEPTED", "terminate")
    }
    person = make_person(replicas, after_s=0.4, connect_copies=2, status_copies=2)

    _, body = await place(person)
    call = await replicas.whatsapp.next_outbound_call(30)
    await call.accepted(30)
    await call.phone.wait_agent_speaking(30)
    settled = await replicas.until_settled("connect", 4)
    assert settled == ["duplicate", "duplicate", "duplicate", "handled"]
    call.hang_up()

    row = await released(replicas, bridge, body["call_id"])
    ended_as(row, CallStatus.COMPLETED, EndReason.CALLER_HANGUP)
    assert await replicas.until_settled("terminate", 2) == ["duplicate", "handled"]
    assert [request.action for request in call.requests if request.action == "terminate"] == []
    assert len(await replicas.store.list_calls(limit=5)) == 1
    assert call.violations == []


async def test_the_other_replica_notices_a_pick_up_and_a_vanished_phone(
    start_controlplane: StartControlPlane, replicas: Bench, bridge: EmbeddedBridge, place: Place
) -> None:
    """A third replica, which saw nothing of the call before, looks too: it ends once."""
    person = make_person(replicas, after_s=0.4)
    _, body = await place(person)
    call = await replicas.whatsapp.next_outbound_call(30)
    await call.accepted(30)
    await call.phone.wait_agent_speaking(30)

    await start_controlplane(**over(bridge), PORT=str(free_port()), MEDIA_CHECK_INTERVAL_S="0.3")
    call.vanish()

    row = await released(replicas, bridge, body["call_id"], 30)
    ended_as(row, CallStatus.COMPLETED, EndReason.MEDIA_LOST)


async def test_calls_are_spread_and_each_leaves_its_own_bridge(
    make_bench: MakeBench, empty_bridge: EmbeddedBridge, mortal_bridge: EmbeddedBridge, place: Place
) -> None:
    """Two bridges, two calls: one on each, both heard, nothing left on either."""
    bench = await make_bench(**over(empty_bridge, mortal_bridge))
    bodies = []
    for caller in (Caller(), Caller(phone="15550100124", user_id="US.2")):
        person = Person(caller=caller, plan=CalleePlan(after_s=0.3))
        bench.whatsapp.outbound.grant(bench.whatsapp.add_person(person), permanent=True)
        _, body = await place(person)
        bodies.append(body)
    calls = [await bench.whatsapp.next_outbound_call(30) for _ in bodies]
    for call in calls:
        await call.accepted(30)
        await call.phone.wait_agent_speaking(30)
    rows = [
        await until(bench, body["call_id"], lambda row: row.status is CallStatus.ACTIVE)
        for body in bodies
    ]

    assert {row.bridge for row in rows} == {empty_bridge.url, mortal_bridge.url}
    for row in rows:
        assert row.bridge is not None
        assert row.id in await bench.plane.near.legs.holds(row.bridge)
    for call in calls:
        call.hang_up()
    for body in bodies:
        await released(bench, empty_bridge, body["call_id"])
        await released(bench, mortal_bridge, body["call_id"])


@pytest.mark.parametrize("dies", ["before-the-start", "between-two-looks"])
async def test_a_dead_bridge_is_passed_over(
    make_bench: MakeBench,
    bridge: EmbeddedBridge,
    mortal_bridge: EmbeddedBridge,
    place: Place,
    dies: str,
) -> None:
    """The first of two bridges is dead: the other one takes the calls."""
    if dies == "before-the-start":
        await mortal_bridge.stop()
    bench = await make_bench(**over(mortal_bridge, bridge), MEDIA_CHECK_INTERVAL_S="0.3")
    if dies == "between-two-looks":
        assert len(await bench.plane.bridges.healths()) == 2
        await mortal_bridge.stop()

    _, body = await place(make_person(bench, after_s=0.3))
    call = await bench.whatsapp.next_outbound_call(30)
    await call.accepted(30)
    await call.phone.wait_agent_speaking(30)
    call.hang_up()

    row = await released(bench, bridge, body["call_id"])
    ended_as(row, CallStatus.COMPLETED, EndReason.CALLER_HANGUP)
    assert row.bridge == bridge.url
