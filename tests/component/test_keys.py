"""Keys that the customer presses: from the phone's RTP, past the hop, to timeline and agent."""

import asyncio
import json
import socket
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio

from shared.call.call import CallStatus
from shared.call.ids import CallId
from tests.component.conftest import Bench
from tests.component.test_outbound import MakeBench, Place, make_person, released, until
from tests.component.test_outbound import place as place
from wacall.environment import free_port
from wacall.stack.hop import EmbeddedHop, HopPlan


@pytest_asyncio.fixture
async def key_hop(tmp_path: Path) -> AsyncIterator[EmbeddedHop]:
    """A hop that reports keys to where the test's control plane listens."""
    keys_to = f"127.0.0.1:{free_port(udp=True)}"
    server = EmbeddedHop(plan=HopPlan(dtmf_to=keys_to), log=tmp_path / "hop.log")
    await server.start()
    yield server
    await server.stop()


async def timeline(bench: Bench, call_id: str) -> list[str]:
    """Keys on the call's timeline, in order."""
    events = await bench.store.list_events(CallId(call_id))
    return [str(event.payload["digit"]) for event in events if event.kind == "dtmf"]


async def told(bench: Bench, call_id: str, count: int) -> list[dict[str, Any]]:
    """Wait until the agent has been told so many times."""
    data = bench.agents.data[f"wa-{call_id}"]
    try:
        async with asyncio.timeout(12):
            while len(data) < count:
                await asyncio.sleep(0.03)
    except TimeoutError:
        pytest.fail(f"the agent was told {len(data)} times of {count}")
    return data


async def test_keys_come_to_the_timeline_and_to_the_agent(
    make_bench: MakeBench, key_hop: EmbeddedHop, place: Place
) -> None:
    """In the order in which they were pressed, once each, from the server and nobody else."""
    assert key_hop.plan.dtmf_to is not None
    bench = await make_bench(RTPENGINE_URL=key_hop.url, HOP_DTMF_LISTEN=key_hop.plan.dtmf_to)
    _, body = await place(make_person(bench, after_s=0.3))
    call_id = body["call_id"]
    call = await bench.whatsapp.next_outbound_call(12)
    await call.accepted(12)
    await call.phone.wait_agent_speaking(12)
    await until(bench, call_id, lambda row: row.status is CallStatus.ACTIVE)

    assert await call.phone.press_keys("15*#0")
    data = await told(bench, call_id, 5)
    assert [json.loads(one["text"]) for one in data] == [{"digit": key} for key in "15*#0"]
    assert {(one["topic"], one["from_server"]) for one in data} == {("dtmf", True)}
    assert await timeline(bench, call_id) == list("15*#0")
    call.hang_up()
    await released(bench, key_hop, call_id)


def report(call_id: str, tag: str = "wa", event: int = 5) -> bytes:
    """What rtpengine sends of a key."""
    return json.dumps(
        {
            "callid": call_id, "source_tag": tag, "type": "DTMF", "event": event, "duration": 100,
            "volume": 10, "timestamp": 1795451755, "source_ip": "127.0.0.1", "tags": [],
        }
    ).encode()  # fmt: skip


async def test_what_is_no_key_of_a_running_call_is_dropped(
    make_bench: MakeBench, key_hop: EmbeddedHop, place: Place
) -> None:
    """Strangers' calls, the agent's own side, junk, a call that has ended; the next key counts."""
    assert key_hop.plan.dtmf_to is not None
    bench = await make_bench(RTPENGINE_URL=key_hop.url, HOP_DTMF_LISTEN=key_hop.plan.dtmf_to)
    _, body = await place(make_person(bench, after_s=0.3))
    call_id = body["call_id"]
    call = await bench.whatsapp.next_outbound_call(12)
    await call.accepted(12)
    await until(bench, call_id, lambda row: row.status is CallStatus.ACTIVE)
    host, _, port = key_hop.plan.dtmf_to.rpartition(":")

    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender:
        for datagram in (
            b"\xff\x00", b"{}", report("none-of-ours"), report(call_id, tag="lk"),
            report("00000000-0000-4000-8000-000000000000"), report(call_id, event=7),
        ):  # fmt: skip
            sender.sendto(datagram, (host, int(port)))
        data = await told(bench, call_id, 1)
        assert [json.loads(one["text"]) for one in data] == [{"digit": "7"}]
        call.hang_up()
        await released(bench, key_hop, call_id)
        sender.sendto(report(call_id), (host, int(port)))
        await asyncio.sleep(0.3)
    assert await timeline(bench, call_id) == ["7"]


async def test_the_next_process_takes_the_port_over(
    make_bench: MakeBench, key_hop: EmbeddedHop
) -> None:
    """While another process holds the port, the control plane serves, and tries on."""
    assert key_hop.plan.dtmf_to is not None
    host, _, port = key_hop.plan.dtmf_to.rpartition(":")
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as other:
        other.bind((host, int(port)))
        await make_bench(HOP_DTMF_LISTEN=key_hop.plan.dtmf_to)
        await asyncio.sleep(0.1)
    async with asyncio.timeout(12):
        while True:
            with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
                try:
                    probe.bind((host, int(port)))
                except OSError:
                    return
            await asyncio.sleep(0.05)
