"""A control plane dies in the middle of a set-up: another one goes on with it, within seconds."""

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path

import aiohttp
import pytest
import pytest_asyncio

from shared.call.call import Call, CallStatus, EndReason
from shared.database.supabase import SupabaseStore
from simulators.meta.api.faults import Fault, FaultKind
from simulators.meta.calls.user_call import SimulatedCall
from simulators.meta.whatsapp import WhatsAppSimulator
from tests.component.bench import (
    OPERATOR_KEY,
    Bench,
    MakeBench,
    StartControlPlane,
    actions,
    ended_as,
)
from tests.component.outbound import Place, make_person, over, released, until
from tests.component.puppet import PuppetAgents
from tests.component.replica import Replica
from tests.database_proxy import DatabaseProxy
from tests.eventually import eventually
from tests.replicas import FIRST, SECOND, Balancer
from wacall.environment import free_port
from wacall.stack.bridge import EmbeddedBridge
from wacall.stack.database import LocalSupabase

pytestmark = pytest.mark.full_speed

TAKEN_OVER_S = 2.0
"""So long may it take until another one has taken over, by the row's own times."""
PATIENCE_S = 20.0
"""That, and what is to be done then, on a busy machine."""

StartMortal = Callable[..., Awaitable[Replica]]


@pytest_asyncio.fixture
async def start_mortal(
    neighbours: dict[str, str], balancer: Balancer, tmp_path: Path
) -> AsyncIterator[StartMortal]:
    """Start the replica that gets Meta's events, in a process of its own."""
    async with contextlib.AsyncExitStack() as stack:

        async def start(**variables: str) -> Replica:
            replica = await stack.enter_async_context(
                Replica.running(
                    {
                        **neighbours,
                        "AGENT_READY_TIMEOUT_S": "8",
                        "GRAPH_TIMEOUT_S": "5",
                        **variables,
                    },
                    tmp_path / "mortal.log",
                )
            )
            balancer.ports[FIRST] = replica.port
            return replica

        yield start


@pytest_asyncio.fixture
async def survivor(make_bench: MakeBench, balancer: Balancer, whatsapp: WhatsAppSimulator) -> Bench:
    """The replica that lives; LiveKit reports to it, Meta to whom the balancer says."""
    bench = await make_bench(AGENT_READY_TIMEOUT_S="8")
    balancer.ports[SECOND] = bench.plane.settings.port
    balancer.targets["terminate"] = [SECOND]
    whatsapp.webhook_url = balancer.url
    return bench


async def while_the_agent_is_awaited(bench: Bench) -> SimulatedCall:
    bench.agents.stay_away()
    call = await bench.whatsapp.call()
    row = await bench.until(call, lambda found: found.status is CallStatus.RINGING)

    async def has_room() -> bool:
        return row.room in await bench.plane.near.rooms.rooms()

    await eventually(has_room)
    return call


async def while_meta_is_told(bench: Bench) -> SimulatedCall:
    bench.whatsapp.fail(Fault(action="pre_accept", kind=FaultKind.HANG))
    call = await bench.whatsapp.call()
    await bench.until(call, lambda found: found.accept_sent_at is not None)
    return call


async def while_meta_answers(bench: Bench) -> SimulatedCall:
    """`accept` is carried out, its 200 is on its way."""
    bench.whatsapp.fail(Fault(action="accept", kind=FaultKind.DROP_AFTER))
    bench.whatsapp.fail(Fault(action="accept", kind=FaultKind.HANG))
    call = await bench.whatsapp.call()
    await eventually(lambda: [one.action for one in call.requests].count("accept") == 2)
    return call


def is_talked_on(call: Call) -> bool:
    """The media may stand before the survivor has written that the call is answered."""
    return call.status is CallStatus.ACTIVE and call.media_at is not None


@pytest.mark.parametrize(
    "reach",
    [while_the_agent_is_awaited, while_meta_is_told, while_meta_answers],
    ids=["agent-awaited", "pre-accept-sent", "accepted"],
)
async def test_a_set_up_whose_process_is_killed_is_finished_by_another(
    survivor: Bench,
    start_mortal: StartMortal,
    reach: Callable[[Bench], Awaitable[SimulatedCall]],
) -> None:
    """Kill -9 before `accept`, before its answer, and behind it: the call is answered and heard."""
    mortal = await start_mortal()
    call = await reach(survivor)
    await mortal.die()
    died = time.monotonic()
    survivor.agents.come()
    await survivor.until(call, lambda found: found.setup_takes == 1, PATIENCE_S)
    taken_s = time.monotonic() - died
    await call.phone.wait_agent_speaking(PATIENCE_S)
    row = await survivor.until(call, lambda found: found.status is CallStatus.ACTIVE, PATIENCE_S)

    assert taken_s < TAKEN_OVER_S + 0.5
    assert (row.setup_takes, row.setup_owner, row.answer_sdp) == (1, None, None)
    if reach is not while_meta_answers:
        # there the lost answer makes them: Meta is asked again, and has not seen us be told
        assert call.violations == []
        assert actions(call) == ["pre_accept", "accept"]
    call.hang_up()
    ended_as(await survivor.until_released(call), CallStatus.COMPLETED, EndReason.CALLER_HANGUP)


@pytest.mark.parametrize(
    "reach",
    [while_the_agent_is_awaited, while_meta_is_told, while_meta_answers],
    ids=["agent-awaited", "pre-accept-sent", "accepted"],
)
async def test_a_set_up_over_a_bridge_is_finished_by_another(
    make_bench: MakeBench,
    balancer: Balancer,
    whatsapp: WhatsAppSimulator,
    start_mortal: StartMortal,
    bridge: EmbeddedBridge,
    reach: Callable[[Bench], Awaitable[SimulatedCall]],
) -> None:
    """The leg outlives whoever made it: the other goes on with it, or makes a new one."""
    variables = {**over(bridge), "WA_MEDIA": "bridge", "AGENT_READY_TIMEOUT_S": "8"}
    survivor = await make_bench(**variables)
    balancer.ports[SECOND] = survivor.plane.settings.port
    balancer.targets["terminate"] = [SECOND]
    whatsapp.webhook_url = balancer.url
    mortal = await start_mortal(**variables)
    call = await reach(survivor)
    await mortal.die()
    survivor.agents.come()
    await call.phone.wait_agent_speaking(PATIENCE_S)
    row = await survivor.until(call, is_talked_on, PATIENCE_S)

    assert (row.status, row.setup_takes, row.bridge) == (CallStatus.ACTIVE, 1, bridge.url)
    call.hang_up()
    row = await survivor.until_released(call)
    ended_as(row, CallStatus.COMPLETED, EndReason.CALLER_HANGUP)
    assert row.id not in await survivor.plane.near.legs.holds(bridge.url)


async def test_a_set_up_whose_bridge_dies_with_its_process_goes_to_another_one(
    make_bench: MakeBench,
    balancer: Balancer,
    whatsapp: WhatsAppSimulator,
    start_mortal: StartMortal,
    bridge: EmbeddedBridge,
    mortal_bridge: EmbeddedBridge,
) -> None:
    """They ran on one machine: the call is answered from another."""
    variables = {
        **over(mortal_bridge, bridge), "WA_MEDIA": "bridge", "AGENT_READY_TIMEOUT_S": "8"
    }  # fmt: skip
    survivor = await make_bench(**variables)
    balancer.ports[SECOND] = survivor.plane.settings.port
    balancer.targets["terminate"] = [SECOND]
    whatsapp.webhook_url = balancer.url
    mortal = await start_mortal(**variables)
    call = await while_the_agent_is_awaited(survivor)
    row = await survivor.row(call)
    assert row is not None
    assert row.bridge == mortal_bridge.url
    mortal_bridge.child.kill()
    await mortal.die()
    survivor.agents.come()

    await call.phone.wait_agent_speaking(PATIENCE_S)
    row = await survivor.until(call, lambda found: found.status is CallStatus.ACTIVE, PATIENCE_S)
    assert row.bridge == bridge.url
    call.hang_up()
    ended_as(await survivor.until_released(call), CallStatus.COMPLETED, EndReason.CALLER_HANGUP)


async def test_a_set_up_that_cannot_be_finished_is_rejected_at_once(
    survivor: Bench, start_mortal: StartMortal
) -> None:
    """Nobody kept the offer: the phone stops ringing, long before the deadline."""
    mortal = await start_mortal()
    call = await while_the_agent_is_awaited(survivor)
    await survivor.database.execute("delete from call_events where kind = 'connect'")
    await mortal.die()
    died = time.monotonic()
    await call.ended(PATIENCE_S)

    assert time.monotonic() - died < TAKEN_OVER_S + 2
    ended_as(await survivor.until_released(call), CallStatus.FAILED, EndReason.SETUP_TIMEOUT)
    assert actions(call) == ["reject"]


async def test_a_set_up_that_kills_is_not_handed_round_for_ever(
    survivor: Bench, start_mortal: StartMortal
) -> None:
    """Two have died of it: the third one rejects the call."""
    mortal = await start_mortal()
    call = await while_the_agent_is_awaited(survivor)
    await survivor.database.execute("update calls set setup_takes = 2")
    await mortal.die()
    await call.ended(PATIENCE_S)

    ended_as(await survivor.until_released(call), CallStatus.FAILED, EndReason.SETUP_TIMEOUT)


async def test_the_restarted_process_goes_on_itself(
    make_bench: MakeBench,
    start_mortal: StartMortal,
    balancer: Balancer,
    whatsapp: WhatsAppSimulator,
) -> None:
    """No other replica: whoever is started next finishes the call."""
    whatsapp.webhook_url = balancer.url
    mortal = await start_mortal()
    whatsapp.fail(Fault(action="pre_accept", kind=FaultKind.HANG))
    call = await whatsapp.call()
    await eventually(lambda: call.requests)
    await mortal.die()
    bench = await make_bench()
    balancer.ports[FIRST] = bench.plane.settings.port

    await call.phone.wait_agent_speaking(PATIENCE_S)
    await bench.until(call, lambda found: found.status is CallStatus.ACTIVE)
    call.hang_up()
    ended_as(await bench.until_released(call), CallStatus.COMPLETED, EndReason.CALLER_HANGUP)


async def test_nothing_is_taken_over_while_the_database_stands_still(
    start_controlplane: StartControlPlane,
    balancer: Balancer,
    whatsapp: WhatsAppSimulator,
    puppets: PuppetAgents,
    store: SupabaseStore,
    database: LocalSupabase,
) -> None:
    """Four seconds in the middle of a set-up: nobody could write, so nobody has fallen silent."""
    async with DatabaseProxy.before(database.url) as proxy:
        port = free_port()
        first = await start_controlplane(SUPABASE_URL=proxy.url, AGENT_READY_TIMEOUT_S="10")
        await start_controlplane(SUPABASE_URL=proxy.url, PORT=str(port))
        balancer.ports = {FIRST: first.settings.port, SECOND: port}
        whatsapp.webhook_url = balancer.url
        bench = Bench(
            plane=first, whatsapp=whatsapp, agents=puppets, store=store, database=database
        )
        call = await while_the_agent_is_awaited(bench)
        proxy.hold()
        await eventually(lambda: proxy.held >= 2)
        began = time.monotonic()
        await eventually(lambda: time.monotonic() - began > 4)
        proxy.release()
        # as long as taking over would need
        began = time.monotonic()
        await eventually(lambda: time.monotonic() - began > TAKEN_OVER_S)
        puppets.come()
        await call.phone.wait_agent_speaking(PATIENCE_S)

        row = await bench.until(call, lambda found: found.status is CallStatus.ACTIVE)
        assert row.setup_takes == 0
        assert actions(call) == ["pre_accept", "accept"]
        call.hang_up()
        await bench.until_released(call)


async def test_who_lost_the_set_up_stops_and_leaves_the_room_alone(
    start_controlplane: StartControlPlane,
    balancer: Balancer,
    whatsapp: WhatsAppSimulator,
    puppets: PuppetAgents,
    store: SupabaseStore,
    database: LocalSupabase,
) -> None:
    """One replica alone loses the database: the other answers, the first one spoils nothing."""
    async with DatabaseProxy.before(database.url) as proxy:
        port = free_port()
        cut_off = await start_controlplane(
            SUPABASE_URL=proxy.url, PORT=str(port), AGENT_READY_TIMEOUT_S="15"
        )
        other = await start_controlplane(AGENT_READY_TIMEOUT_S="15")
        balancer.ports = {FIRST: port, SECOND: other.settings.port}
        balancer.targets["terminate"] = [SECOND]
        whatsapp.webhook_url = balancer.url
        bench = Bench(
            plane=other, whatsapp=whatsapp, agents=puppets, store=store, database=database
        )
        call = await while_the_agent_is_awaited(bench)
        proxy.hold()
        row = await bench.until(call, lambda found: found.setup_takes == 1)
        proxy.release()
        assert row.setup_owner is not None
        async with asyncio.timeout(PATIENCE_S):
            await cut_off.use_cases.switchboard.drain(2 * PATIENCE_S)
        puppets.come()
        await call.phone.wait_agent_speaking(PATIENCE_S)

        await bench.until(call, lambda found: found.status is CallStatus.ACTIVE)
        assert actions(call) == ["pre_accept", "accept"]
        assert row.room in await other.near.rooms.rooms()
        assert call.violations == []
        call.hang_up()
        ended_as(await bench.until_released(call), CallStatus.COMPLETED, EndReason.CALLER_HANGUP)


async def test_a_placed_call_whose_process_is_killed_fails_at_once(
    make_bench: MakeBench,
    start_mortal: StartMortal,
    bridge: EmbeddedBridge,
    whatsapp: WhatsAppSimulator,
) -> None:
    """Before `connect`: no phone has rung, and whoever ordered the call learns it in seconds."""
    bench = await make_bench(**over(bridge))
    bench.agents.stay_away()
    person = make_person(bench)
    mortal = await start_mortal(**over(bridge))
    async with aiohttp.ClientSession(f"http://127.0.0.1:{mortal.port}") as http:
        headers = {"Authorization": f"Bearer {OPERATOR_KEY}"}
        body = {"to": f"+{person.caller.phone}"}
        async with http.post("/calls", json=body, headers=headers) as response:
            call_id = (await response.json())["call_id"]
    await until(bench, call_id, lambda row: row.dialed_at is not None)
    await mortal.die()
    died = time.monotonic()

    row = await released(bench, bridge, call_id, PATIENCE_S)
    assert time.monotonic() - died < TAKEN_OVER_S + 2
    ended_as(row, CallStatus.FAILED, EndReason.SETUP_TIMEOUT)
    assert row.accept_sent_at is None


async def test_the_linking_of_a_placed_call_is_finished_by_another(
    make_bench: MakeBench,
    start_mortal: StartMortal,
    balancer: Balancer,
    bridge: EmbeddedBridge,
    place: Place,
    whatsapp: WhatsAppSimulator,
    database: LocalSupabase,
) -> None:
    """Killed between Meta's answer and the media path: the person who picks up is heard."""
    bench = await make_bench(**over(bridge))
    # what it writes at the end never comes to the database, so that it stays in the middle
    async with DatabaseProxy.before(database.url) as proxy:
        proxy.hold(lambda _method, _path, body: b'"caller_sid"' in body)
        mortal = await start_mortal(**over(bridge), SUPABASE_URL=proxy.url)
        balancer.ports[SECOND] = bench.plane.settings.port
        balancer.targets = {kind: [SECOND] for kind in ("RINGING", "ACCEPTED", "terminate")}
        whatsapp.webhook_url = balancer.url
        _, body = await place(make_person(bench, after_s=3))
        call = await whatsapp.next_outbound_call(30)
        await eventually(lambda: proxy.held)
        await mortal.die()
        proxy.lose()
    await call.accepted(30)
    await call.phone.wait_agent_speaking(PATIENCE_S)

    row = await until(bench, body["call_id"], lambda row: row.status is CallStatus.ACTIVE)
    assert (row.setup_takes, row.setup_owner) == (1, None)
    call.hang_up()
    row = await released(bench, bridge, body["call_id"])
    ended_as(row, CallStatus.COMPLETED, EndReason.CALLER_HANGUP)
    assert call.violations == []
