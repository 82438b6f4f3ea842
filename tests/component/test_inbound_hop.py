"""Inbound calls through the media hop (WA_MEDIA=hop)."""

from shared.call.call import Call, CallStatus, EndReason
from simulators.meta.calls.user_call import SimulatedCall
from tests.component.bench import Bench, MakeBench, ended_as
from tests.eventually import eventually
from wacall.stack.hop import EmbeddedHop


async def left_nothing(bench: Bench, hop: EmbeddedHop, call: SimulatedCall) -> Call:
    """Wait for the clean end; the hop must not know the call any more."""
    row = await bench.until_released(call)
    assert row.id not in await bench.plane.hops.client(hop.url).list_calls()
    return row


async def test_a_caller_who_gives_up_in_the_set_up_leaves_nothing_on_the_hop(
    make_bench: MakeBench, hop: EmbeddedHop
) -> None:
    """Canceled while the agent is awaited: the hop is told too."""
    bench = await make_bench(RTPENGINE_URL=hop.url, WA_MEDIA="hop")
    bench.agents.stay_away()
    call = await bench.whatsapp.call()
    row = await bench.until(call, lambda found: found.status is CallStatus.RINGING)

    async def hop_has_it() -> bool:
        return row.id in await bench.plane.hops.client(hop.url).list_calls()

    await eventually(hop_has_it)
    call.hang_up()

    row = await left_nothing(bench, hop, call)
    ended_as(row, CallStatus.CANCELED, EndReason.CALLER_HANGUP)
    assert call.requests == []


async def test_without_a_living_hop_the_call_is_rejected(
    make_bench: MakeBench, key_hop: EmbeddedHop
) -> None:
    """It is dead: a clear reason in the row, `reject` at Meta, no room."""
    await key_hop.stop()
    bench = await make_bench(RTPENGINE_URL=key_hop.url, WA_MEDIA="hop")
    call = await bench.whatsapp.call()

    row = await bench.until_released(call)
    ended_as(row, CallStatus.FAILED, EndReason.HOP_REFUSED)
    assert [request.action for request in call.requests] == ["reject"]
