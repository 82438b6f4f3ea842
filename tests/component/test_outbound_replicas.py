"""Placed calls over several replicas and hops: what one began, any other one goes on with."""

import asyncio
import json
from collections import Counter
from collections.abc import AsyncIterator

import aiohttp
import pytest
import pytest_asyncio
from aiohttp import web

from shared.call.call import CallStatus, EndReason
from shared.database.supabase import SupabaseStore
from simulators.meta.people.callee_plan import CalleePlan
from simulators.meta.people.person import Person
from simulators.meta.webhooks.calls import Caller
from simulators.meta.whatsapp import WhatsAppSimulator
from tests.component.bench import Bench, MakeBench, StartControlPlane, ended_as
from tests.component.outbound import Place, make_person, released, until
from tests.component.puppet import PuppetAgents
from tests.eventually import eventually
from tests.serving import serving
from wacall.environment import free_port
from wacall.stack.database import LocalSupabase
from wacall.stack.hop import EmbeddedHop

FIRST, SECOND = 0, 1


class Splitter:
    """Stands before the replicas; gives each kind of Meta's events to the replicas of its list."""

    def __init__(self) -> None:
        self.ports: list[int] = []
        self.targets: dict[str, list[int]] = {}
        self.given: Counter[tuple[str, int]] = Counter()
        self.url = ""

    async def pass_on(self, request: web.Request) -> web.Response:
        body = await request.read()
        value = json.loads(body)["entry"][0]["changes"][0]["value"]
        kind = value["statuses"][0]["status"] if "statuses" in value else value["calls"][0]["event"]
        replicas = self.targets.get(kind, [FIRST])
        headers = {"X-Hub-Signature-256": request.headers["X-Hub-Signature-256"]}
        async with aiohttp.ClientSession() as http:
            results = await asyncio.gather(
                *(self._post(http, replica, body, headers) for replica in replicas)
            )
        self.given.update((kind, replica) for replica in replicas)
        return web.Response(status=max(results))

    async def _post(
        self, http: aiohttp.ClientSession, replica: int, body: bytes, headers: dict[str, str]
    ) -> int:
        url = f"http://127.0.0.1:{self.ports[replica]}/wa/webhook"
        async with http.post(url, data=body, headers=headers) as response:
            return response.status


@pytest_asyncio.fixture
async def splitter() -> AsyncIterator[Splitter]:
    splitting = Splitter()
    async with serving(web.post("/wa/webhook", splitting.pass_on)) as url:
        splitting.url = f"{url}/wa/webhook"
        yield splitting


@pytest_asyncio.fixture
async def replicas(
    start_controlplane: StartControlPlane,
    splitter: Splitter,
    hop: EmbeddedHop,
    whatsapp: WhatsAppSimulator,
    puppets: PuppetAgents,
    store: SupabaseStore,
    database: LocalSupabase,
) -> Bench:
    """Two control planes over one database, one SFU and one hop; operators ask the first."""
    first = await start_controlplane(RTPENGINE_URL=hop.url)
    port = free_port()
    await start_controlplane(RTPENGINE_URL=hop.url, PORT=str(port))
    splitter.ports = [first.settings.port, port]
    whatsapp.webhook_url = splitter.url
    return Bench(plane=first, whatsapp=whatsapp, agents=puppets, store=store, database=database)


async def test_the_other_replica_takes_the_answer_and_all_that_follows(
    replicas: Bench, splitter: Splitter, hop: EmbeddedHop, place: Place
) -> None:
    """The first dials; answer, RINGING, ACCEPTED and the end come to the second."""
    splitter.targets = {kind: [SECOND] for kind in ("connect", "RINGING", "ACCEPTED", "terminate")}
    person = make_person(replicas, after_s=0.4)

    _, body = await place(person)
    call = await replicas.whatsapp.next_outbound_call(12)
    await call.accepted(12)
    await call.phone.wait_agent_speaking(12)
    await until(replicas, body["call_id"], lambda row: row.status is CallStatus.ACTIVE)
    call.hang_up()

    row = await released(replicas, hop, body["call_id"])
    ended_as(row, CallStatus.COMPLETED, EndReason.CALLER_HANGUP)
    assert call.violations == []
    assert {replica for _, replica in splitter.given} == {SECOND}
    assert {kind for kind, _ in splitter.given} == set(splitter.targets)


async def test_every_event_at_both_replicas_is_worked_on_once(
    replicas: Bench, splitter: Splitter, hop: EmbeddedHop, place: Place
) -> None:
    """Two copies of the answer and of each status, each to both at once: linked once, heard."""
    splitter.targets = {
        kind: [FIRST, SECOND] for kind in ("connect", "RINGING", "ACCEPTED", "terminate")
    }
    person = make_person(replicas, after_s=0.4, connect_copies=2, status_copies=2)

    _, body = await place(person)
    call = await replicas.whatsapp.next_outbound_call(12)
    await call.accepted(12)
    await call.phone.wait_agent_speaking(12)
    settled = await replicas.until_settled("connect", 4)
    assert settled == ["duplicate", "duplicate", "duplicate", "handled"]
    call.hang_up()

    row = await released(replicas, hop, body["call_id"])
    ended_as(row, CallStatus.COMPLETED, EndReason.CALLER_HANGUP)
    assert await replicas.until_settled("terminate", 2) == ["duplicate", "handled"]
    assert [request.action for request in call.requests if request.action == "terminate"] == []
    assert len(await replicas.store.list_calls(limit=5)) == 1
    assert call.violations == []


async def test_the_other_replica_notices_a_pick_up_and_a_vanished_phone(
    start_controlplane: StartControlPlane, replicas: Bench, hop: EmbeddedHop, place: Place
) -> None:
    """A third replica with short limits, which saw nothing of the call before, ends it."""
    person = make_person(replicas, after_s=0.4)
    _, body = await place(person)
    call = await replicas.whatsapp.next_outbound_call(12)
    await call.accepted(12)
    await call.phone.wait_agent_speaking(12)

    await start_controlplane(
        RTPENGINE_URL=hop.url, PORT=str(free_port()), MEDIA_DEAD_S="1", HOP_CHECK_INTERVAL_S="0.3"
    )
    call.vanish()

    row = await released(replicas, hop, body["call_id"], 6)
    ended_as(row, CallStatus.COMPLETED, EndReason.MEDIA_LOST)


async def test_calls_are_spread_and_each_leaves_its_own_hop(
    make_bench: MakeBench, hop: EmbeddedHop, mortal_hop: EmbeddedHop, place: Place
) -> None:
    """Two hops, two calls: one on each, both heard, nothing left on either."""
    bench = await make_bench(RTPENGINE_URL=f"{hop.url},{mortal_hop.url}")
    bodies = []
    for caller in (Caller(), Caller(phone="15550100124", user_id="US.2")):
        person = Person(caller=caller, plan=CalleePlan(after_s=0.3))
        bench.whatsapp.outbound.grant(bench.whatsapp.add_person(person), permanent=True)
        _, body = await place(person)
        bodies.append(body)
    calls = [await bench.whatsapp.next_outbound_call(12) for _ in bodies]
    for call in calls:
        await call.accepted(12)
        await call.phone.wait_agent_speaking(12)
    rows = [
        await until(bench, body["call_id"], lambda row: row.status is CallStatus.ACTIVE)
        for body in bodies
    ]

    assert {row.hop for row in rows} == {hop.url, mortal_hop.url}
    for row in rows:
        assert row.hop is not None
        assert row.id in await bench.plane.hops.client(row.hop).list_calls()
    for call in calls:
        call.hang_up()
    for body in bodies:
        await released(bench, hop, body["call_id"])
        await released(bench, mortal_hop, body["call_id"])


@pytest.mark.parametrize("dies", ["before-the-start", "between-two-looks"])
async def test_a_dead_hop_is_passed_over(
    make_bench: MakeBench, hop: EmbeddedHop, mortal_hop: EmbeddedHop, place: Place, dies: str
) -> None:
    """The first of two hops is dead: the other one takes the calls."""
    if dies == "before-the-start":
        await mortal_hop.stop()
    bench = await make_bench(
        RTPENGINE_URL=f"{mortal_hop.url},{hop.url}", HOP_CHECK_INTERVAL_S="0.3"
    )
    if dies == "between-two-looks":
        assert all(state.is_well for state in bench.plane.hops.states)
        await mortal_hop.stop()
        hops = bench.plane.hops
        await eventually(lambda: not all(state.is_well for state in hops.states))

    _, body = await place(make_person(bench, after_s=0.3))
    call = await bench.whatsapp.next_outbound_call(12)
    await call.accepted(12)
    await call.phone.wait_agent_speaking(12)
    call.hang_up()

    row = await released(bench, hop, body["call_id"])
    ended_as(row, CallStatus.COMPLETED, EndReason.CALLER_HANGUP)
    assert row.hop == hop.url
