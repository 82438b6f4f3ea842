"""The choice among several hops, and rtpengine's key reports."""

import json

import pytest

from controlplane.rtpengine.address import HopAddress
from controlplane.rtpengine.hops import HopState, choose_hop
from controlplane.rtpengine.key_reports import KeyListener, read_key
from wacall.stack.hop import HopPlan, command_line, plan_of

A, B, C = (HopAddress.parse(f"udp://127.0.0.{n}:2223") for n in (1, 2, 3))


def test_the_least_loaded_hop_takes_the_call() -> None:
    """Calls given since the last look count as well."""
    states = [
        HopState(address=A, is_well=True, calls=3),
        HopState(address=B, is_well=True, calls=1, given=1),
        HopState(address=C, is_well=False),
    ]
    assert choose_hop(states) == B
    assert choose_hop(states, without=[B]) == A
    assert choose_hop(states, without=[A, B]) is None
    assert choose_hop([]) is None


def test_of_equals_the_first_takes_it() -> None:
    """In the order of RTPENGINE_URL."""
    assert choose_hop([HopState(address=one, is_well=True) for one in (B, A)]) == B


# as rtpengine 10.5 sends it
REPORT = {
    "callid": "46453a22-17bc-4023-b1ce-4e0f76917dbe", "source_tag": "wa", "tags": ["wa", "lk"],
    "type": "DTMF", "timestamp": 1795451726, "source_ip": "127.0.0.1", "event": 11,
    "duration": 160, "volume": 10,
}  # fmt: skip


def test_a_key_is_read() -> None:
    """Event 11 is the number sign (RFC 4733)."""
    key = read_key(json.dumps(REPORT).encode())
    assert key is not None
    assert (key.call_id, key.tag, key.key, key.duration_ms) == (REPORT["callid"], "wa", "#", 160)
    assert key.at.timestamp() == REPORT["timestamp"]


@pytest.mark.parametrize(
    "datagram",
    [
        b"", b"\xff", b"[]", b"{" * 3000, b"{}" + b" " * 5000,
        *(json.dumps({**REPORT, **change}).encode() for change in (
            {"type": "X"}, {"event": 16}, {"event": -1}, {"event": "a"}, {"callid": "../x"},
            {"callid": None}, {"source_tag": ""}, {"timestamp": None},
        )),
    ],
)  # fmt: skip
def test_whatever_else_arrives_is_ignored(datagram: bytes) -> None:
    """The port is open to everybody on the machine."""
    assert read_key(datagram) is None


async def test_keys_are_never_heard_on_a_public_address() -> None:
    """Reports are not signed."""
    with pytest.raises(ValueError, match="is a public address"):
        await KeyListener(lambda _: None).open("0.0.0.0", 0)


def test_the_embedded_hop_is_controlled_from_loopback_alone() -> None:
    """In user space, without anybody's configuration file, and silent about SDP."""
    command = command_line("rtpengine", HopPlan(dtmf_to="127.0.0.1:9", redis="127.0.0.1:6379/5"), 7)
    assert "--listen-http=127.0.0.1:7" in command
    assert not any(
        part.startswith(("--listen-ng", "--listen-cli", "--listen-tcp")) for part in command
    )
    assert {"--table=-1", "--config-file=none", "--delete-delay=0", "--interface=127.0.0.1",
            "--dtmf-log-dest=127.0.0.1:9", "--redis=127.0.0.1:6379/5",
            "--log-level-control=3"} <= set(command)  # fmt: skip


def test_a_hop_in_two_networks_has_two_interfaces() -> None:
    """WhatsApp is told the public address, LiveKit is reached inside."""
    plan = plan_of({"HOP_IP": "10.0.0.5", "HOP_ADVERTISED_IP": "203.0.113.7"})
    assert plan.interfaces == ("lk", "wa")
    command = command_line("rtpengine", plan, 7)
    assert "--interface=lk/127.0.0.1" in command
    assert "--interface=wa/10.0.0.5!203.0.113.7" in command


def test_an_unanswered_call_outlives_its_ring_timeout() -> None:
    """The hop must not forget what still rings."""
    assert plan_of({"RING_TIMEOUT_S": "90"}).offer_timeout_s > 90


@pytest.mark.parametrize(
    ("name", "value"), [("HOP_IP", "x"), ("HOP_ADVERTISED_IP", "host"), ("HOP_PORT_MIN", "40000"),
                        ("HOP_CONTROL_PORT", "-1")]
)  # fmt: skip
def test_malformed_variables_are_named(name: str, value: str) -> None:
    """One sentence, with the variable."""
    with pytest.raises(ValueError, match=f"^{name} is malformed"):
        plan_of({name: value})
