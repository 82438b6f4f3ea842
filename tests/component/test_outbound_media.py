"""What only the media of a placed call tells: picked up, vanished, mute, hop gone."""

from typing import Any

import pytest

from shared.call.call import CallStatus, EndReason
from shared.call.ids import CallId
from simulators.meta.calls.business_call import OutboundCall
from simulators.meta.people.callee_plan import Reaction, Statuses
from tests.component.bench import Bench, MakeBench, ended_as
from tests.component.outbound import Place, make_person, released, until
from tests.eventually import eventually, stays
from wacall.stack.hop import EmbeddedHop


async def answered(bench: Bench, place: Place, **plan: Any) -> tuple[str, OutboundCall]:
    """Place a call that is picked up, and wait until both sides know."""
    person = make_person(bench, **{"after_s": 0.3, **plan})
    _, body = await place(person)
    call = await bench.whatsapp.next_outbound_call(12)
    await call.accepted(12)
    await call.phone.wait_agent_speaking(12)
    await until(bench, body["call_id"], lambda row: row.status is CallStatus.ACTIVE)
    return body["call_id"], call


@pytest.mark.parametrize("statuses", [Statuses.NO_ACCEPTED, Statuses.NONE])
async def test_the_callers_audio_tells_of_the_pick_up(
    make_bench: MakeBench, hop: EmbeddedHop, place: Place, statuses: Statuses
) -> None:
    """Without ACCEPTED, or without any status: heard soon, and not before the pick-up."""
    bench = await make_bench(RTPENGINE_URL=str(hop.address))
    call_id, call = await answered(bench, place, statuses=statuses, after_s=1.5)

    assert call.violations == []
    row = await bench.store.get_call(CallId(call_id))
    assert row is not None
    assert row.answered_at is not None
    call.hang_up()
    ended_as(await released(bench, hop, call_id), CallStatus.COMPLETED, EndReason.CALLER_HANGUP)


async def test_a_silent_ringing_phone_is_no_pick_up(
    make_bench: MakeBench, hop: EmbeddedHop, place: Place
) -> None:
    """Its media path is up, nobody talks: it goes on ringing until the ring timeout."""
    bench = await make_bench(
        RTPENGINE_URL=str(hop.address), RING_TIMEOUT_S="3", MEDIA_DEAD_S="1", MEDIA_MUTE_S="1",
        HOP_CHECK_INTERVAL_S="0.3",
    )  # fmt: skip
    person = make_person(bench, reaction=Reaction.IGNORES)
    _, body = await place(person)

    row = await released(bench, hop, body["call_id"])
    ended_as(row, CallStatus.NO_ANSWER, EndReason.NOT_ANSWERED)
    assert row.answered_at is None


async def test_a_vanished_phone_ends_the_call(
    make_bench: MakeBench, hop: EmbeddedHop, place: Place
) -> None:
    """No goodbye, no packet: lost, once MEDIA_DEAD_S is over, and Meta is told."""
    bench = await make_bench(
        RTPENGINE_URL=str(hop.address), MEDIA_DEAD_S="2.5", HOP_CHECK_INTERVAL_S="0.3"
    )
    call_id, call = await answered(bench, place)
    call.vanish()

    row = await released(bench, hop, call_id, 8)
    ended_as(row, CallStatus.COMPLETED, EndReason.MEDIA_LOST)
    assert call.requests[-1].action == "terminate"


@pytest.mark.parametrize("limit", ["1.5", "0"])
async def test_a_mute_phone_ends_the_call_if_that_is_wanted(
    make_bench: MakeBench, hop: EmbeddedHop, place: Place, limit: str
) -> None:
    """It sends reports alone: silent after MEDIA_MUTE_S, or for as long as it likes with 0."""
    bench = await make_bench(
        RTPENGINE_URL=str(hop.address), MEDIA_MUTE_S=limit, HOP_CHECK_INTERVAL_S="0.3"
    )
    call_id, call = await answered(bench, place)
    call.mute()
    if limit == "0":

        async def is_active() -> bool:
            row = await bench.store.get_call(CallId(call_id))
            return row is not None and row.status is CallStatus.ACTIVE

        await stays(is_active, 2.2, "the other limit, 1.5 s, would have ended it")
        call.hang_up()

    row = await released(bench, hop, call_id, 8)
    reason = EndReason.CALLER_HANGUP if limit == "0" else EndReason.MEDIA_SILENT
    ended_as(row, CallStatus.COMPLETED, reason)


async def test_a_hop_that_comes_back_empty_ends_its_calls(
    make_bench: MakeBench, mortal_hop: EmbeddedHop, place: Place
) -> None:
    """Killed and started again without Redis: it does not know the call, which is lost."""
    bench = await make_bench(RTPENGINE_URL=mortal_hop.url, HOP_CHECK_INTERVAL_S="0.3")
    call_id, _ = await answered(bench, place)
    mortal_hop.child.kill()
    await mortal_hop.stop()
    await mortal_hop.start()

    row = await released(bench, mortal_hop, call_id, 6)
    ended_as(row, CallStatus.COMPLETED, EndReason.MEDIA_LOST)


async def test_a_hop_that_stays_away_ends_its_calls(
    make_bench: MakeBench, mortal_hop: EmbeddedHop, place: Place
) -> None:
    """Killed for good: LiveKit loses the leg, the call ends, and the room goes."""
    bench = await make_bench(RTPENGINE_URL=mortal_hop.url, HOP_CHECK_INTERVAL_S="0.3")
    call_id, call = await answered(bench, place)
    mortal_hop.child.kill()

    row = await until(bench, call_id, lambda row: row.status.is_final, 30)
    ended_as(row, CallStatus.COMPLETED, EndReason.MEDIA_LOST)
    await call.ended(12)

    async def room_is_gone() -> bool:
        return row.room not in await bench.plane.near.rooms.rooms()

    await eventually(room_is_gone)
