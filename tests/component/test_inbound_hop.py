"""Inbound calls through the media hop (WA_MEDIA=hop)."""

import json

import pytest

from shared.call.call import Call, CallStatus, EndReason
from simulators.meta.calls.user_call import SimulatedCall
from tests.component.bench import Bench, MakeBench, actions, ended_as
from tests.eventually import eventually
from wacall.stack.hop import EmbeddedHop


async def left_nothing(bench: Bench, hop: EmbeddedHop, call: SimulatedCall) -> Call:
    """Wait for the clean end; the hop must not know the call any more."""
    row = await bench.until_released(call)
    assert row.id not in await bench.plane.hops.client(hop.url).list_calls()
    return row


@pytest.mark.parametrize("pre_accept", ["true", "false"])
async def test_a_call_is_answered_and_heard_through_the_hop(
    make_bench: MakeBench, key_hop: EmbeddedHop, pre_accept: str
) -> None:
    """The phone hears the agent, keys arrive, the caller hangs up, nothing is left."""
    assert key_hop.plan.dtmf_to is not None
    bench = await make_bench(
        RTPENGINE_URL=key_hop.url, WA_MEDIA="hop", WA_PRE_ACCEPT=pre_accept,
        HOP_DTMF_LISTEN=key_hop.plan.dtmf_to,
    )  # fmt: skip
    call = await bench.whatsapp.call()
    await call.accepted(12)
    await call.phone.wait_agent_speaking(12)
    row = await bench.until(call, lambda found: found.media_at is not None)
    assert row.hop == key_hop.url
    assert row.id in await bench.plane.hops.client(key_hop.url).list_calls()

    assert await call.phone.press_keys("42")
    keys = [json.loads(one["text"])["digit"] for one in await bench.agents.told(row.id, 2)]
    assert keys == ["4", "2"]
    call.hang_up()

    row = await left_nothing(bench, key_hop, call)
    ended_as(row, CallStatus.COMPLETED, EndReason.CALLER_HANGUP)
    assert call.violations == []


async def test_a_vanished_caller_ends_the_call(make_bench: MakeBench, hop: EmbeddedHop) -> None:
    """The hop keeps its leg to LiveKit alive; the watch tells, after MEDIA_DEAD_S."""
    bench = await make_bench(
        RTPENGINE_URL=hop.url, WA_MEDIA="hop", MEDIA_DEAD_S="2.5", HOP_CHECK_INTERVAL_S="0.3"
    )
    call = await bench.whatsapp.call()
    await call.accepted(12)
    await call.phone.wait_agent_speaking(12)
    call.vanish()

    row = await left_nothing(bench, hop, call)
    ended_as(row, CallStatus.COMPLETED, EndReason.MEDIA_LOST)
    assert actions(call)[-1] == "terminate"


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
