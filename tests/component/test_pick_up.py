"""When an inbound call is picked up: once whoever calls would hear the agent at once."""

from simulators.meta.people.call_plan import CallPlan
from simulators.phone.ice_lite import Loss
from tests.component.bench import Bench, MakeBench, actions
from tests.eventually import eventually

WAIT_S = 0.5


async def test_a_call_is_accepted_once_its_media_stands(bench: Bench) -> None:
    """The first packet comes with the pick-up, not ICE and DTLS later."""
    call = await bench.whatsapp.call()
    await call.accepted(30)
    await eventually(lambda: "first_rtp" in call.timings.since_webhook_ms())
    row = await bench.until(call, lambda found: found.answered_at is not None)

    assert actions(call) == ["pre_accept", "accept"]
    took = call.timings.since_webhook_ms()
    assert took["pre_accept"] < took["dtls_up"] < took["accept"] < took["first_rtp"]
    assert row.timings["pre_accept_ms"] < row.timings["media_ms"] < row.timings["accept_ms"]
    assert call.violations == []


async def test_a_path_that_does_not_come_up_keeps_nobody_ringing(make_bench: MakeBench) -> None:
    """Meta may build its side on `accept` alone: after the bound the call is accepted."""
    bench = await make_bench(PICK_UP_WAIT_S=str(WAIT_S), MEDIA_TIMEOUT_S="1")
    call = await bench.whatsapp.call(CallPlan(loss=Loss(inbound=1.0, outbound=1.0)))
    await call.accepted(30)

    took = call.timings.since_webhook_ms()
    # from when it was taken: of its answer the business may hear before the simulator notes it
    assert took["accept"] - took["pre_accept"] > WAIT_S * 1000
    row = await bench.until_released(call)
    assert "media_ms" not in row.timings


async def test_the_wait_can_be_switched_off(make_bench: MakeBench) -> None:
    """PICK_UP_WAIT_S=0 accepts at once: ICE alone takes longer than `accept` to leave."""
    bench = await make_bench(PICK_UP_WAIT_S="0")
    call = await bench.whatsapp.call(CallPlan(loss=Loss(inbound=1.0, outbound=1.0)))
    await call.accepted(30)

    took = call.timings.since_webhook_ms()
    assert took["accept"] - took["pre_accept_answered"] < WAIT_S * 1000
