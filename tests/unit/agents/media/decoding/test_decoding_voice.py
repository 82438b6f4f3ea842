"""What the voice makes of the room's messages."""

import json
from typing import Any, cast

import pytest
from livekit import rtc

from agents.media.decoding.decoding_voice import read_key
from shared.call.room import KEY_TOPIC

SOMEBODY = cast(rtc.RemoteParticipant, object())


def packet(digit: Any = "5", *, topic: str = KEY_TOPIC, by: Any = None) -> rtc.DataPacket:
    data = digit if isinstance(digit, bytes) else json.dumps({"digit": digit}).encode()
    kind = rtc.DataPacketKind.KIND_RELIABLE
    return rtc.DataPacket(data=data, kind=kind, participant=by, topic=topic)


@pytest.mark.parametrize(
    "other",
    [
        packet(topic="chat"), packet(by=SOMEBODY), packet(b"\xff"), packet(b"[]"), packet(b"{}"),
        packet(5), packet("55"), packet(""), packet("x"),
    ],
)  # fmt: skip
def test_only_the_servers_keys_count(other: rtc.DataPacket) -> None:
    """Another topic, a participant's message, junk: no key."""
    assert read_key(other) is None
    assert read_key(packet("*")) == "*"
