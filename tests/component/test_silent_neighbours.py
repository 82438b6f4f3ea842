"""A neighbour accepts connections and stays silent: who does not need it does not wait for it."""

import uuid
from datetime import UTC, datetime, timedelta

import aiohttp
import pytest

from shared.call.call import Call, CallStatus, Direction, EndReason
from shared.call.ids import CallId, PhoneNumberId, WhatsAppCallId
from shared.call.person import Party, Person
from shared.call.records import EventRecord, EventSource
from simulators.meta.api.faults import Fault, FaultKind
from tests.component.bench import Bench
from tests.eventually import eventually
from wacall.stack.database import LocalSupabase

# of the bench: GRAPH_TIMEOUT_S is 2, so one release with its three attempts takes 6 s and more
_NO_WAIT_S = 4.0


def a_call(bench: Bench, *, age_s: float, ended_s: float | None = None) -> Call:
    """An answered call that began so long ago; its deadline has passed, if it has not ended."""
    now = datetime.now(UTC)
    began = now - timedelta(seconds=age_s)
    return Call(
        id=CallId(str(uuid.uuid4())),
        wacid=WhatsAppCallId(f"wacid.{uuid.uuid4().hex}"),
        direction=Direction.INBOUND,
        status=CallStatus.ACTIVE if ended_s is None else CallStatus.COMPLETED,
        phone_number_id=PhoneNumberId(bench.whatsapp.line.phone_number_id),
        party=Party(person=Person(phone="15550100999")),
        created_at=began,
        accept_sent_at=began,
        answered_at=began,
        media_at=began,
        deadline_at=began,
        ended_at=now - timedelta(seconds=ended_s) if ended_s is not None else None,
        end_reason=EndReason.AGENT_HANGUP if ended_s is not None else None,
    )


async def insert(bench: Bench, *calls: Call) -> None:
    for call in calls:
        assert await bench.store.claim_call(call) is not None


async def unreleased(database: LocalSupabase) -> int:
    return int(await database.execute("select count(*) from calls where released_at is null"))


def told(bench: Bench) -> set[str]:
    """The calls of whose end somebody told Graph, heard or not."""
    return {request.wacid for request in bench.whatsapp.requests}


def turns(bench: Bench) -> float:
    """How often the sweeper has looked for unreleased calls."""
    labels = {"loop": "sweep-unreleased", "outcome": "ok"}
    found = bench.plane.near.metrics.registry.get_sample_value("whatsapp_loop_turns_total", labels)
    return found or 0.0


@pytest.fixture
def silent_graph(bench: Bench) -> Bench:
    """Graph takes every hang-up and never answers."""
    for action in ("terminate", "reject"):
        bench.whatsapp.fail(Fault(action=action, kind=FaultKind.HANG, times=-1))
    return bench


async def test_overdue_calls_end_and_events_are_taken_up_while_graph_is_silent(
    silent_graph: Bench, database: LocalSupabase
) -> None:
    """Six unreleased ends, six overdue calls, a forgotten event: nobody waits for another one."""
    bench, now = silent_graph, datetime.now(UTC)
    overdue = [a_call(bench, age_s=3600) for _ in range(6)]
    forgotten = EventRecord.note(
        EventSource.META, "status", now - timedelta(seconds=6), {}, outcome=None
    )
    await insert(bench, *(a_call(bench, age_s=60, ended_s=30) for _ in range(6)))
    await eventually(lambda: bench.whatsapp.requests)
    await bench.store.add_events([forgotten])
    await insert(bench, *overdue)

    async def all_ended() -> bool:
        rows = [await bench.store.get_call(call.id) for call in overdue]
        return all(row is not None and row.status.is_final for row in rows)

    await eventually(all_ended, _NO_WAIT_S)
    await bench.until_settled("status", 1, _NO_WAIT_S)
    for call in overdue:
        row = await bench.store.get_call(call.id)
        assert row is not None
        # none of them has a room: what looks for that may come before what looks at the deadline
        assert row.end_reason in {EndReason.MAX_DURATION, EndReason.ROOM_LOST}
    assert await unreleased(database) == 12

    bench.whatsapp.graph.faults.clear()

    async def all_released() -> bool:
        return await unreleased(database) == 0

    # a pause of the breaker, and the grace for which an end is left to whoever began it
    await eventually(all_released, 30)
    assert told(bench) >= {str(call.wacid) for call in overdue}


async def test_a_silent_graph_is_asked_by_one_until_it_answers(
    silent_graph: Bench, database: LocalSupabase, http: aiohttp.ClientSession
) -> None:
    """The breaker opens, is seen, and closes; all are told to Meta in the end."""
    bench = silent_graph
    calls = [a_call(bench, age_s=60, ended_s=30) for _ in range(6)]
    await insert(bench, *calls)

    async def graph_problem() -> bool:
        async with http.get("/readyz") as response:
            # another replica would meet the same Graph
            assert response.status == 200
            return "graph" in (await response.json()).get("problems", {})

    await eventually(graph_problem)
    async with http.get("/metrics") as response:
        assert 'whatsapp_breaker_open{service="graph"} 1.0' in await response.text()
    late = [a_call(bench, age_s=60, ended_s=30) for _ in range(20)]
    await insert(bench, *late)
    looked = turns(bench)
    await eventually(lambda: turns(bench) >= looked + 3)
    # one at a time finds out whether Graph is back, which here nobody does for long
    assert len(told(bench) & {str(call.wacid) for call in late}) <= 2

    bench.whatsapp.graph.faults.clear()

    async def all_released() -> bool:
        return await unreleased(database) == 0

    await eventually(all_released)
    assert told(bench) >= {str(call.wacid) for call in (*calls, *late)}

    async def is_well() -> bool:
        return not await graph_problem()

    await eventually(is_well, 5)
