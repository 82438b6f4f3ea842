"""How answered inbound calls end, and that whoever ends them does so once."""

import time

import aiohttp

from shared.call.call import CallStatus, EndReason
from simulators.meta.api.faults import Fault, FaultKind
from simulators.meta.people.call_plan import CallPlan
from simulators.phone.ice_lite import Loss
from tests.component.bench import OPERATOR_KEY, Bench, MakeBench, actions, answered, ended_as


async def test_an_agent_that_gives_up_is_not_waited_for(bench: Bench) -> None:
    """The agent could not reach OpenAI: the call is rejected at once, with that reason."""
    bench.agents.give_up(EndReason.OPENAI_UNREACHABLE)
    begun = time.monotonic()
    call = await bench.whatsapp.call()
    await call.ended(30)

    assert time.monotonic() - begun < 4  # AGENT_READY_TIMEOUT_S is 5
    ended_as(await bench.until_released(call), CallStatus.FAILED, EndReason.OPENAI_UNREACHABLE)
    assert actions(call) == ["reject"]


async def test_media_that_never_comes_up_ends_the_call(make_bench: MakeBench) -> None:
    """Accepted, but phone and SFU never reach each other: the watchdog terminates."""
    bench = await make_bench(MEDIA_TIMEOUT_S="1")
    call = await bench.whatsapp.call(CallPlan(loss=Loss(inbound=1.0, outbound=1.0)))
    await call.accepted(30)
    await call.ended(30)

    ended_as(await bench.until_released(call), CallStatus.FAILED, EndReason.MEDIA_TIMEOUT)
    assert actions(call) == ["pre_accept", "accept", "terminate"]


async def test_a_phone_that_vanishes_ends_the_call(bench: Bench) -> None:
    """No goodbye: LiveKit loses the leg after about 16 s, Meta is told."""
    call = await answered(bench)
    await bench.until(call, lambda found: found.media_at is not None)
    call.vanish()

    row = await bench.until_released(call, 25)
    ended_as(row, CallStatus.COMPLETED, EndReason.MEDIA_LOST)
    assert actions(call)[-1] == "terminate"


async def test_the_agents_own_hang_up_ends_the_call(bench: Bench) -> None:
    """The agent says why in the row and leaves: that is its hang-up."""
    call = await answered(bench)
    row = await bench.until(call, lambda found: found.media_at is not None)
    assert await bench.store.request_end(row.id, EndReason.AGENT_HANGUP)
    await bench.agents.leave(row.room)

    await call.ended(30)
    ended_as(await bench.until_released(call), CallStatus.COMPLETED, EndReason.AGENT_HANGUP)
    assert actions(call)[-1] == "terminate"


async def test_an_agent_that_dies_ends_the_call(bench: Bench) -> None:
    """Leaving without a word is a fault."""
    call = await answered(bench)
    row = await bench.until(call, lambda found: found.status is CallStatus.ACTIVE)
    await bench.agents.leave(row.room)

    await call.ended(30)
    ended_as(await bench.until_released(call), CallStatus.FAILED, EndReason.AGENT_LOST)


async def test_an_operator_hangs_up_once(bench: Bench, http: aiohttp.ClientSession) -> None:
    """The route ends the call; a second request learns that it has ended."""
    call = await answered(bench)
    row = await bench.until(call, lambda found: found.status is CallStatus.ACTIVE)
    headers = {"Authorization": f"Bearer {OPERATOR_KEY}"}

    async with http.post(f"/calls/{row.id}/hangup", headers=headers) as response:
        assert response.status == 200
        assert (await response.json())["end_reason"] == "operator-hangup"
    async with http.post(f"/calls/{row.id}/hangup", headers=headers) as response:
        assert response.status == 409

    await call.ended(30)
    ended_as(await bench.until_released(call), CallStatus.COMPLETED, EndReason.OPERATOR_HANGUP)
    assert actions(call) == ["pre_accept", "accept", "terminate"]


async def test_a_call_ends_after_the_longest_duration(make_bench: MakeBench) -> None:
    """MAX_CALL_DURATION_S counts from the answer."""
    bench = await make_bench(MAX_CALL_DURATION_S="2", MEDIA_TIMEOUT_S="1.5")
    call = await answered(bench)
    await call.ended(30)

    ended_as(await bench.until_released(call), CallStatus.COMPLETED, EndReason.MAX_DURATION)


async def test_a_room_deleted_by_others_ends_the_call(bench: Bench) -> None:
    """Somebody deletes the room at the SFU: the call ends and Meta is told."""
    call = await answered(bench)
    row = await bench.until(call, lambda found: found.media_at is not None)
    await bench.plane.near.rooms.delete(row.room)

    await call.ended(30)
    row = await bench.until_released(call)
    # LiveKit tells of caller, agent and room in webhooks of their own, side by side: whichever
    # comes first ends the call, and none of them is wrong
    whose = {EndReason.OPERATOR_HANGUP, EndReason.AGENT_LOST, EndReason.ROOM_LOST}
    assert row.end_reason in whose, "none of LiveKit's three webhooks gave the reason"
    assert actions(call)[-1] == "terminate"


async def test_an_end_that_graph_refuses_to_hear_is_repeated(bench: Bench) -> None:
    """Terminate fails for a while: the sweeper tells Meta as soon as it listens."""
    call = await answered(bench)
    row = await bench.until(call, lambda found: found.media_at is not None)
    bench.whatsapp.fail(Fault(action="terminate", kind=FaultKind.ERROR_BEFORE, times=3))
    await bench.plane.use_cases.ender.finish(row, EndReason.OPERATOR_HANGUP)

    row = await bench.until(call, lambda found: found.status.is_final)
    assert row.released_at is None
    await call.ended(25)
    await bench.until_released(call)
