"""Keys that the customer presses: from the phone's RTP, by the bridge, to timeline and agent."""

import json
import uuid
from datetime import UTC, datetime, timedelta

from controlplane.core.caller_leg import KeyPressed
from shared.call.call import CallStatus
from shared.call.ids import CallId
from simulators.meta.calls.business_call import OutboundCall
from tests.component.bench import Bench, MakeBench, StartControlPlane
from tests.component.outbound import Place, make_person, over, released, until
from tests.eventually import stays
from wacall.environment import free_port
from wacall.stack.bridge import EmbeddedBridge


async def timeline(bench: Bench, call_id: str) -> list[str]:
    """Keys on the call's timeline, in order."""
    events = await bench.store.list_events(CallId(call_id))
    return [str(event.payload["digit"]) for event in events if event.kind == "dtmf"]


async def answered(bench: Bench, place: Place) -> tuple[str, OutboundCall]:
    """Place a call that is picked up."""
    _, body = await place(make_person(bench, after_s=0.3))
    call = await bench.whatsapp.next_outbound_call(30)
    await call.accepted(30)
    await call.phone.wait_agent_speaking(30)
    await until(bench, body["call_id"], lambda row: row.status is CallStatus.ACTIVE)
    return body["call_id"], call


async def test_keys_come_to_the_timeline_and_to_the_agent(
    make_bench: MakeBench, bridge: EmbeddedBridge, place: Place
) -> None:
    """In the order in which they were pressed, once each, from the server and nobody else."""
    bench = await make_bench(**over(bridge))
    call_id, call = await answered(bench, place)

    assert await call.phone.press_keys("15*#0")
    data = await bench.agents.told(call_id, 5)
    assert [json.loads(one["text"]) for one in data] == [{"digit": key} for key in "15*#0"]
    assert {(one["topic"], one["from_server"]) for one in data} == {("dtmf", True)}
    assert await timeline(bench, call_id) == list("15*#0")
    call.hang_up()
    await released(bench, bridge, call_id)


async def test_of_all_replicas_that_hear_a_key_one_passes_it_on(
    make_bench: MakeBench,
    start_controlplane: StartControlPlane,
    bridge: EmbeddedBridge,
    place: Place,
) -> None:
    """Three of them listen to the bridge: each key once, and in order."""
    bench = await make_bench(**over(bridge))
    for _ in range(2):
        await start_controlplane(**over(bridge), PORT=str(free_port()))
    call_id, call = await answered(bench, place)

    assert await call.phone.press_keys("9876543210")
    await bench.agents.told(call_id, 10)

    async def each_came_once() -> bool:
        told = [json.loads(one["text"])["digit"] for one in bench.agents.data[f"wa-{call_id}"]]
        return told == await timeline(bench, call_id) == list("9876543210")

    await stays(each_came_once, 5, "whoever was behind with a key tries after four seconds")
    call.hang_up()
    await released(bench, bridge, call_id)


async def test_a_key_is_passed_on_by_another_replica_once_the_first_is_gone(
    make_bench: MakeBench,
    start_controlplane: StartControlPlane,
    bridge: EmbeddedBridge,
    place: Place,
) -> None:
    """Whoever had all keys so far has died: the next one is late, and comes."""
    bench = await make_bench(**over(bridge))
    call_id, call = await answered(bench, place)
    assert await call.phone.press_keys("1")
    await bench.agents.told(call_id, 1)

    await start_controlplane(**over(bridge), PORT=str(free_port()))
    await bench.plane.listening.close()
    await bench.plane.use_cases.keys.close()
    assert await call.phone.press_keys("2")
    data = await bench.agents.told(call_id, 2)
    assert [json.loads(one["text"])["digit"] for one in data] == ["1", "2"]
    call.hang_up()
    await released(bench, bridge, call_id)


async def test_what_is_no_new_key_of_a_running_call_is_dropped(
    make_bench: MakeBench, bridge: EmbeddedBridge, place: Place
) -> None:
    """No call of ours, told an hour late, told again, or the call is over; the next key counts."""
    bench = await make_bench(**over(bridge))
    call_id, call = await answered(bench, place)
    keys, now = bench.plane.use_cases.keys, datetime.now(UTC)

    def pressed(key: str, of: str = call_id, at: datetime = now) -> KeyPressed:
        return KeyPressed(id=str(uuid.uuid4()), call_id=CallId(of), key=key, duration_ms=100, at=at)

    seven = pressed("7")
    keys.take(pressed("5", of="00000000-0000-4000-8000-000000000000"))
    keys.take(pressed("6", at=now - timedelta(hours=1)))
    for told_again in (seven, seven, pressed("8")):
        keys.take(told_again)
    data = await bench.agents.told(call_id, 2)
    call.hang_up()
    await released(bench, bridge, call_id)
    keys.take(pressed("9"))

    async def nothing_is_added() -> bool:
        return await timeline(bench, call_id) == ["7", "8"]

    await stays(nothing_is_added, 0.3, "the keys before took some milliseconds")
    assert [json.loads(one["text"]) for one in data] == [{"digit": "7"}, {"digit": "8"}]
