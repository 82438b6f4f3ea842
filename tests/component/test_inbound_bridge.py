"""Inbound calls whose leg a media bridge has (WA_MEDIA=bridge)."""

import json

import pytest

from shared.call.call import Call, CallStatus, EndReason
from simulators.meta.calls.user_call import SimulatedCall
from tests.component.bench import Bench, MakeBench, actions, ended_as
from tests.component.outbound import held, over
from tests.eventually import eventually
from wacall.stack.bridge import EmbeddedBridge


async def left_nothing(bench: Bench, bridge: EmbeddedBridge, call: SimulatedCall) -> Call:
    """Wait for the clean end; the bridge must not have the call's leg any more."""
    row = await bench.until_released(call)
    assert row.id not in await held(bench, bridge)
    return row


@pytest.mark.parametrize("pre_accept", ["true", "false"])
async def test_a_call_is_answered_and_heard_over_the_bridge(
    make_bench: MakeBench, bridge: EmbeddedBridge, pre_accept: str
) -> None:
    """The phone hears the agent, keys arrive, the caller hangs up, nothing is left."""
    bench = await make_bench(**over(bridge), WA_MEDIA="bridge", WA_PRE_ACCEPT=pre_accept)
    call = await bench.whatsapp.call()
    await call.accepted(30)
    await call.phone.wait_agent_speaking(30)
    row = await bench.until(call, lambda found: found.media_at is not None)
    assert row.bridge == bridge.url
    assert row.id in await held(bench, bridge)
    assert row.answered_at is not None

    assert await call.phone.press_keys("42")
    keys = [json.loads(one["text"])["digit"] for one in await bench.agents.told(row.id, 2)]
    assert keys == ["4", "2"]
    call.hang_up()

    row = await left_nothing(bench, bridge, call)
    ended_as(row, CallStatus.COMPLETED, EndReason.CALLER_HANGUP)
    assert call.violations == []


async def test_a_vanished_caller_ends_the_call(
    make_bench: MakeBench, bridge: EmbeddedBridge
) -> None:
    """The leg stays in the room; that the phone is gone is told, after MEDIA_DEAD_S."""
    bench = await make_bench(
        **over(bridge), WA_MEDIA="bridge", MEDIA_DEAD_S="2.5", MEDIA_CHECK_INTERVAL_S="0.3"
    )
    call = await bench.whatsapp.call()
    await call.accepted(30)
    await call.phone.wait_agent_speaking(30)
    call.vanish()

    row = await left_nothing(bench, bridge, call)
    ended_as(row, CallStatus.COMPLETED, EndReason.MEDIA_LOST)
    assert actions(call)[-1] == "terminate"


async def test_a_caller_who_gives_up_in_the_set_up_leaves_nothing(
    make_bench: MakeBench, bridge: EmbeddedBridge
) -> None:
    """Canceled while the agent is awaited: the row knew the bridge, which has no leg."""
    bench = await make_bench(**over(bridge), WA_MEDIA="bridge")
    bench.agents.stay_away()
    call = await bench.whatsapp.call()
    row = await bench.until(call, lambda found: found.status is CallStatus.RINGING)
    assert row.bridge == bridge.url

    async def room_is_there() -> bool:
        return row.room in await bench.plane.near.rooms.rooms()

    await eventually(room_is_there)
    call.hang_up()

    row = await left_nothing(bench, bridge, call)
    ended_as(row, CallStatus.CANCELED, EndReason.CALLER_HANGUP)
    assert call.requests == []


async def test_without_a_living_bridge_the_call_is_rejected(
    make_bench: MakeBench, mortal_bridge: EmbeddedBridge
) -> None:
    """It is dead: a clear reason in the row, `reject` at Meta, no room."""
    await mortal_bridge.stop()
    bench = await make_bench(**over(mortal_bridge), WA_MEDIA="bridge")
    call = await bench.whatsapp.call()

    row = await bench.until_released(call)
    ended_as(row, CallStatus.FAILED, EndReason.BRIDGE_REFUSED)
    assert [request.action for request in call.requests] == ["reject"]


async def test_a_call_counts_as_talking_only_when_the_phone_sends(
    make_bench: MakeBench, bridge: EmbeddedBridge
) -> None:
    """LiveKit has the leg whatever becomes of the phone: one that never sends ends the call."""
    bench = await make_bench(**over(bridge), WA_MEDIA="bridge", MEDIA_TIMEOUT_S="2")
    call = await bench.whatsapp.call()
    call.phone.mute_packets = True
    await call.accepted(30)
    row = await left_nothing(bench, bridge, call)
    ended_as(row, CallStatus.FAILED, EndReason.MEDIA_TIMEOUT)
    assert row.media_at is None
    assert actions(call)[-1] == "terminate"


async def test_a_bridge_that_dies_ends_its_inbound_calls(
    make_bench: MakeBench, mortal_bridge: EmbeddedBridge
) -> None:
    """As those that we place."""
    bench = await make_bench(**over(mortal_bridge), WA_MEDIA="bridge")
    call = await bench.whatsapp.call()
    await call.accepted(30)
    await call.phone.wait_agent_speaking(30)
    await bench.until(call, lambda found: found.status is CallStatus.ACTIVE)
    mortal_bridge.child.kill()

    row = await bench.until_released(call)
    ended_as(row, CallStatus.FAILED, EndReason.BRIDGE_LOST)
    assert actions(call)[-1] == "terminate"
