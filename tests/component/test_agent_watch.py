"""Calls whose sound goes by a media bridge and whose worker is gone: no agent leaves the room."""

from datetime import UTC, datetime

from controlplane.use_cases.agent_watch import AGENT_LOOK_S, AgentWatch
from shared.call.call import CallStatus, EndReason
from shared.process.loops import Loops
from tests.component.bench import Bench
from tests.eventually import eventually, stays


async def test_a_call_that_no_worker_takes_is_ended(bench: Bench) -> None:
    """A worker that writes keeps its call; one that has stopped writing does not for long."""
    call = await bench.whatsapp.call()
    await call.accepted(30)
    row = await bench.row(call)
    assert row is not None
    assert await bench.store.keep_agent(row.id, "worker", {"v": 1}, [])
    watch = AgentWatch(bench.plane.near, ender=bench.plane.use_cases.ender, after_s=1.5)
    loops = Loops(observe=lambda *_: None, expected=Exception)
    loops.every(AGENT_LOOK_S, watch.look, name="watch")
    beating = Loops(observe=lambda *_: None, expected=Exception)

    async def beat() -> None:
        await bench.store.beat("worker", datetime.now(UTC))

    beating.every(0.3, beat, name="beat")

    async def lives() -> bool:
        found = await bench.row(call)
        return found is not None and not found.status.is_final

    try:
        await stays(lives, 4, "its worker writes")
        await beating.close()
        await call.ended(30)
    finally:
        await beating.close()
        await loops.close()
    row = await bench.row(call)
    assert row is not None
    assert (row.status, row.end_reason) == (CallStatus.FAILED, EndReason.AGENT_LOST)
    await eventually(lambda: [one.action for one in call.requests][-1] == "terminate")
