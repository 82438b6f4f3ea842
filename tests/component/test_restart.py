"""Several replicas, and replicas that go: what one began, any other one can finish."""

import asyncio
from dataclasses import replace

import aiohttp
import pytest
import pytest_asyncio

from controlplane.app import ControlPlane
from shared.call.call import CallStatus, EndReason
from shared.database.supabase import SupabaseStore
from simulators.meta.api.faults import Fault, FaultKind
from simulators.meta.people.call_plan import CallPlan
from simulators.meta.whatsapp import WhatsAppSimulator
from tests.component.bench import OPERATOR_KEY, Bench, StartControlPlane, actions
from tests.component.puppet import PuppetAgents
from tests.eventually import eventually, stays
from tests.replicas import FIRST, SECOND, Balancer
from wacall.environment import free_port
from wacall.stack.database import LocalSupabase

_STOP_S = 3.0

Replicas = tuple[Bench, ControlPlane]


@pytest_asyncio.fixture
async def replicas(
    start_controlplane: StartControlPlane,
    balancer: Balancer,
    whatsapp: WhatsAppSimulator,
    puppets: PuppetAgents,
    store: SupabaseStore,
    database: LocalSupabase,
) -> Replicas:
    """Two control planes over one database and one SFU; LiveKit reports to the first."""
    first = await start_controlplane()
    port = free_port()
    second = await start_controlplane(PORT=str(port))
    balancer.ports = {FIRST: first.settings.port, SECOND: port}
    whatsapp.webhook_url = balancer.url
    bench = Bench(plane=first, whatsapp=whatsapp, agents=puppets, store=store, database=database)
    return bench, second


async def until_room(bench: Bench, room: str) -> None:
    """Wait until the set-up has made the call's room, so that it is waiting for the agent."""

    async def exists() -> bool:
        return room in await bench.plane.near.rooms.rooms()

    await eventually(exists, _STOP_S)


async def ends_its_work(plane: ControlPlane) -> None:
    """Check that nothing is being set up any more."""
    async with asyncio.timeout(_STOP_S):
        await plane.use_cases.switchboard.drain(2 * _STOP_S)


async def test_copies_at_both_replicas_are_answered_once(
    replicas: Replicas, balancer: Balancer
) -> None:
    """Two copies, each to both at once: one row, one answer, the others are duplicates."""
    bench, _ = replicas
    balancer.targets["connect"] = [FIRST, SECOND]
    others = await bench.plane.near.rooms.rooms()
    call = await bench.whatsapp.call(CallPlan(connect_copies=2))
    await call.accepted(30)
    await call.phone.wait_agent_speaking(30)

    settled = await bench.until_settled("connect", 4)
    assert settled == ["duplicate", "duplicate", "duplicate", "handled"]
    assert actions(call) == ["pre_accept", "accept"]
    assert len(call.requests) == 2
    assert len(await bench.store.list_calls(limit=10)) == 1
    assert len(await bench.plane.near.rooms.rooms() - others) == 1
    assert call.violations == []


async def test_a_set_up_that_takes_its_time_is_no_forgotten_event(
    replicas: Replicas, balancer: Balancer
) -> None:
    """Whoever looks for forgotten ones finds it, and leaves it to who is at it."""
    bench, _ = replicas
    bench.agents.stay_away()
    call = await bench.whatsapp.call()

    async def is_taken_up() -> bool:
        found = await bench.database.execute(
            "select count(*) from call_events where taken_at is not null"
        )
        return found.strip() == "1"

    await eventually(is_taken_up, 6)

    async def is_left_alone() -> bool:
        return await bench.outcomes("connect") == ["none"]

    await stays(is_left_alone, 0.5, "a look at the row takes milliseconds")
    bench.agents.come()
    await call.accepted(30)
    assert await bench.until_settled("connect", 1) == ["handled"]


async def test_the_other_replica_hears_of_the_end_during_the_set_up(
    replicas: Replicas, balancer: Balancer
) -> None:
    """One waits for the agent, the other one takes the terminate: the first one stops."""
    bench, _ = replicas
    balancer.targets["terminate"] = [SECOND]
    bench.agents.stay_away()
    call = await bench.whatsapp.call()
    row = await bench.until(call, lambda found: found.status is CallStatus.RINGING)
    await until_room(bench, row.room)
    call.hang_up()
    await call.ended(30)

    row = await bench.until_released(call)
    assert (row.status, row.end_reason) == (CallStatus.CANCELED, EndReason.CALLER_HANGUP)
    await ends_its_work(bench.plane)
    assert call.requests == []
    assert await bench.outcomes("error") == []
    assert await bench.outcomes("connect") == ["handled"]
    assert [(one.replica, one.status) for one in balancer.passed] == [(FIRST, 200), (SECOND, 200)]


@pytest.mark.parametrize("action", ["pre_accept", "accept"])
async def test_the_other_replica_hears_of_the_end_while_graph_is_slow(
    replicas: Replicas, balancer: Balancer, action: str
) -> None:
    """The caller gives up while our request is on its way: nothing is sent after it."""
    bench, _ = replicas
    balancer.targets["terminate"] = [SECOND]
    bench.whatsapp.fail(Fault(action=action, kind=FaultKind.DELAY, delay_s=1))
    call = await bench.whatsapp.call()
    await eventually(lambda: action in [request.action for request in call.requests])
    call.hang_up()
    await call.ended(30)

    row = await bench.until_released(call)
    assert row.end_reason is EndReason.CALLER_HANGUP
    await ends_its_work(bench.plane)
    assert row.room not in await bench.plane.near.rooms.rooms()
    after = await bench.row(call)
    assert after is not None
    assert replace(after, timings=row.timings) == row
    assert not {"accept", "reject"} & set(actions(call)) - {action}


async def test_the_other_replica_ends_a_running_call_once(
    replicas: Replicas, balancer: Balancer
) -> None:
    """The terminate comes to both at once: one end, and Meta is not told what it knows."""
    bench, second = replicas
    balancer.targets["terminate"] = [FIRST, SECOND]
    call = await bench.whatsapp.call()
    await call.accepted(30)
    await bench.until(call, lambda found: found.media_at is not None)
    call.hang_up()
    await call.ended(30)

    row = await bench.until_released(call)
    assert (row.status, row.end_reason) == (CallStatus.COMPLETED, EndReason.CALLER_HANGUP)
    assert await bench.until_settled("terminate", 2) == ["duplicate", "handled"]
    assert actions(call) == ["pre_accept", "accept"]
    ended = [
        metric.value
        for plane in (bench.plane, second)
        for family in plane.near.metrics.registry.collect()
        for metric in family.samples
        if metric.name == "whatsapp_calls_ended_total"
    ]
    assert sum(ended) == 1


async def test_an_operator_at_the_other_replica_stops_a_set_up(
    replicas: Replicas, balancer: Balancer
) -> None:
    """Hang-up at the second while the first waits: `reject` once, the first one stops."""
    bench, _ = replicas
    bench.agents.stay_away()
    call = await bench.whatsapp.call()
    row = await bench.until(call, lambda found: found.status is CallStatus.RINGING)
    await until_room(bench, row.room)
    url = f"http://127.0.0.1:{balancer.ports[SECOND]}/calls/{row.id}/hangup"
    headers = {"Authorization": f"Bearer {OPERATOR_KEY}"}
    async with aiohttp.ClientSession() as http, http.post(url, headers=headers) as response:
        assert response.status == 200

    row = await bench.until_released(call)
    assert row.end_reason is EndReason.OPERATOR_HANGUP
    await ends_its_work(bench.plane)
    assert [request.action for request in call.requests] == ["reject"]
