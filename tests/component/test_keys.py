"""Keys that the customer presses: from the phone's RTP, past the hop, to timeline and agent."""

import json
import socket

import pytest

from controlplane.core.hop import KeyPressed
from controlplane.rtpengine.key_reports import KeyListener
from shared.call.call import CallStatus
from shared.call.ids import CallId
from tests.component.bench import Bench, MakeBench
from tests.component.outbound import Place, make_person, released, until
from tests.eventually import eventually, stays
from wacall.stack.hop import EmbeddedHop


async def timeline(bench: Bench, call_id: str) -> list[str]:
    """Keys on the call's timeline, in order."""
    events = await bench.store.list_events(CallId(call_id))
    return [str(event.payload["digit"]) for event in events if event.kind == "dtmf"]


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
    data = await bench.agents.told(call_id, 5)
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
        data = await bench.agents.told(call_id, 1)
        assert [json.loads(one["text"]) for one in data] == [{"digit": "7"}]
        call.hang_up()
        await released(bench, key_hop, call_id)
        sender.sendto(report(call_id), (host, int(port)))

        async def nothing_is_added() -> bool:
            return await timeline(bench, call_id) == ["7"]

        await stays(nothing_is_added, 0.3, "the keys before took some milliseconds each")


async def test_the_next_process_takes_the_port_over(
    make_bench: MakeBench, key_hop: EmbeddedHop, caplog: pytest.LogCaptureFixture
) -> None:
    """While another process holds the port, the control plane serves, and tries on."""
    assert key_hop.plan.dtmf_to is not None
    host, _, port = key_hop.plan.dtmf_to.rpartition(":")
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as other:
        other.bind((host, int(port)))
        await make_bench(HOP_DTMF_LISTEN=key_hop.plan.dtmf_to)
        await eventually(
            lambda: [one for one in caplog.records if getattr(one, "action", "") == "keys-unbound"]
        )

    def is_taken() -> bool:
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
            try:
                probe.bind((host, int(port)))
            except OSError:
                return True
            return False

    await eventually(is_taken)


async def test_a_port_that_is_taken_is_told_of_once(caplog: pytest.LogCaptureFixture) -> None:
    """And taken over later; a port that is listened on is left alone."""
    heard: list[KeyPressed] = []
    listener = KeyListener(heard.append)
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as other:
        other.bind(("127.0.0.1", 0))
        address = f"127.0.0.1:{other.getsockname()[1]}"
        await listener.keep_open(address)
        await listener.keep_open(address)
    assert [record.__dict__["action"] for record in caplog.records] == ["keys-unbound"]

    await listener.keep_open(address)
    port = listener.port
    await listener.keep_open(address)
    assert f"127.0.0.1:{listener.port}" == f"127.0.0.1:{port}" == address
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender:
        sender.sendto(report("46453a22-17bc-4023-b1ce-4e0f76917dbe"), ("127.0.0.1", port))
    await eventually(lambda: bool(heard))
    listener.close()
