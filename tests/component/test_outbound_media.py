"""What only the media of a placed call tells: picked up, vanished, mute, bridge gone."""

import time
from typing import Any

import pytest

from shared.call.call import CallStatus, EndReason
from shared.call.ids import CallId
from simulators.meta.calls.business_call import OutboundCall
from simulators.meta.people.callee_plan import Reaction, Statuses
from simulators.phone.ice_lite import Loss
from tests.component.bench import Bench, MakeBench, ended_as
from tests.component.outbound import Place, make_person, over, released, until
from tests.eventually import eventually, stays
from wacall.stack.bridge import EmbeddedBridge

pytestmark = pytest.mark.spoken

AT_ONCE_S = 4.0


async def answered(bench: Bench, place: Place, **plan: Any) -> tuple[str, OutboundCall]:
    """Place a call that is picked up, and wait until both sides know."""
    person = make_person(bench, **{"after_s": 0.3, **plan})
    _, body = await place(person)
    call = await bench.whatsapp.next_outbound_call(30)
    await call.accepted(30)
    await call.phone.wait_agent_speaking(30)
    await until(bench, body["call_id"], lambda row: row.status is CallStatus.ACTIVE)
    return body["call_id"], call


@pytest.mark.parametrize("statuses", [Statuses.NO_ACCEPTED, Statuses.NONE])
async def test_the_callers_audio_tells_of_the_pick_up(
    make_bench: MakeBench, bridge: EmbeddedBridge, place: Place, statuses: Statuses
) -> None:
    """Without ACCEPTED, or without any status: heard soon, and not before the pick-up."""
    bench = await make_bench(**over(bridge))
    call_id, call = await answered(bench, place, statuses=statuses, after_s=1.5)

    assert call.violations == []
    row = await bench.store.get_call(CallId(call_id))
    assert row is not None
    assert row.answered_at is not None
    call.hang_up()
    ended_as(await released(bench, bridge, call_id), CallStatus.COMPLETED, EndReason.CALLER_HANGUP)


async def test_a_lossy_path_carries_a_call(
    make_bench: MakeBench, bridge: EmbeddedBridge, place: Place
) -> None:
    """One in twenty of all packets is lost, each way: checks, handshake, sound."""
    bench = await make_bench(**over(bridge))
    call_id, call = await answered(bench, place, loss=Loss(inbound=0.05, outbound=0.05))
    row = await until(bench, call_id, lambda row: row.media_at is not None)
    assert row.status is CallStatus.ACTIVE
    call.hang_up()
    ended_as(await released(bench, bridge, call_id), CallStatus.COMPLETED, EndReason.CALLER_HANGUP)
    assert call.violations == []


async def test_a_silent_ringing_phone_is_no_pick_up(
    make_bench: MakeBench, bridge: EmbeddedBridge, place: Place
) -> None:
    """Its media path is up, nobody talks: it goes on ringing until the ring timeout."""
    bench = await make_bench(
        **over(bridge), RING_TIMEOUT_S="3", MEDIA_DEAD_S="1", MEDIA_MUTE_S="1",
        MEDIA_CHECK_INTERVAL_S="0.3",
    )  # fmt: skip
    person = make_person(bench, reaction=Reaction.IGNORES)
    _, body = await place(person)

    row = await released(bench, bridge, body["call_id"])
    ended_as(row, CallStatus.NO_ANSWER, EndReason.NOT_ANSWERED)
    assert row.answered_at is None


async def test_a_vanished_phone_ends_the_call(
    make_bench: MakeBench, bridge: EmbeddedBridge, place: Place
) -> None:
    """No goodbye, no packet: lost, once MEDIA_DEAD_S is over, and Meta is told."""
    bench = await make_bench(**over(bridge), MEDIA_DEAD_S="2.5", MEDIA_CHECK_INTERVAL_S="0.3")
    call_id, call = await answered(bench, place)
    call.vanish()

    row = await released(bench, bridge, call_id, 30)
    ended_as(row, CallStatus.COMPLETED, EndReason.MEDIA_LOST)
    assert call.requests[-1].action == "terminate"


@pytest.mark.parametrize("limit", ["1.5", "0"])
async def test_a_mute_phone_ends_the_call_if_that_is_wanted(
    make_bench: MakeBench, bridge: EmbeddedBridge, place: Place, limit: str
) -> None:
    """It sends reports alone: silent after MEDIA_MUTE_S, or for as long as it likes with 0."""
    bench = await make_bench(**over(bridge), MEDIA_MUTE_S=limit, MEDIA_CHECK_INTERVAL_S="0.3")
    call_id, call = await answered(bench, place)
    call.mute()
    if limit == "0":

        async def is_active() -> bool:
            row = await bench.store.get_call(CallId(call_id))
            return row is not None and row.status is CallStatus.ACTIVE

        await stays(is_active, 2.2, "the other limit, 1.5 s, would have ended it")
        call.hang_up()

    row = await released(bench, bridge, call_id, 30)
    reason = EndReason.CALLER_HANGUP if limit == "0" else EndReason.MEDIA_SILENT
    ended_as(row, CallStatus.COMPLETED, reason)


@pytest.mark.parametrize("comes_back", [False, True])
async def test_a_bridge_that_dies_ends_its_calls_at_once(
    make_bench: MakeBench, mortal_bridge: EmbeddedBridge, place: Place, comes_back: bool
) -> None:
    """Killed, for good or started again at once: its legs are gone, and LiveKit need not tell."""
    bench = await make_bench(**over(mortal_bridge))
    call_id, call = await answered(bench, place)
    mortal_bridge.child.kill()
    if comes_back:
        await mortal_bridge.stop()
        await mortal_bridge.start()
    began = time.monotonic()
    row = await until(bench, call_id, lambda row: row.status.is_final, 5)

    # under a second where the machine has nothing else to do; LiveKit would need twenty
    assert time.monotonic() - began < AT_ONCE_S
    ended_as(row, CallStatus.FAILED, EndReason.BRIDGE_LOST)
    await call.ended(30)

    async def room_is_gone() -> bool:
        return row.room not in await bench.plane.near.rooms.rooms()

    await eventually(room_is_gone)


async def test_a_bridge_that_dies_while_the_phone_rings_ends_the_call(
    make_bench: MakeBench, mortal_bridge: EmbeddedBridge, place: Place
) -> None:
    """Whoever picked up would be heard by nobody: Meta is told at once."""
    bench = await make_bench(**over(mortal_bridge))
    _, body = await place(make_person(bench, reaction=Reaction.IGNORES))
    call = await bench.whatsapp.next_outbound_call(30)
    await until(bench, body["call_id"], lambda row: row.caller_sid is not None)
    mortal_bridge.child.kill()

    row = await until(bench, body["call_id"], lambda row: row.status.is_final, 5)
    ended_as(row, CallStatus.FAILED, EndReason.BRIDGE_LOST)
    await call.ended(30)
