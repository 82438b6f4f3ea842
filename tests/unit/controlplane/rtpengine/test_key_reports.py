"""rtpengine's reports of keys, and the port that they come to."""

import json

import pytest

from controlplane.rtpengine.key_reports import KeyListener, read_key

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
    assert (key.call_id, key.key, key.duration_ms) == (REPORT["callid"], "#", 160)
    assert key.at.timestamp() == REPORT["timestamp"]


@pytest.mark.parametrize(
    "datagram",
    [
        b"", b"\xff", b"[]", b"{" * 3000, b"{}" + b" " * 5000,
        *(json.dumps({**REPORT, **change}).encode() for change in (
            {"type": "X"}, {"event": 16}, {"event": -1}, {"event": "a"}, {"callid": "../x"},
            {"callid": None}, {"source_tag": ""}, {"source_tag": "lk"}, {"timestamp": None},
        )),
    ],
)  # fmt: skip
def test_whatever_else_arrives_is_ignored(datagram: bytes) -> None:
    """The port is open to everybody on the machine; and the agent's side presses no keys."""
    assert read_key(datagram) is None


async def test_keys_are_never_heard_on_a_public_address() -> None:
    """Reports are not signed."""
    with pytest.raises(ValueError, match="is a public address"):
        await KeyListener(lambda _: None).open("0.0.0.0", 0)
