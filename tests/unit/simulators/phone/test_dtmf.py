"""Keys as RFC 4733 events in the audio's stream."""

import struct

import numpy as np
import pytest

from simulators.phone.dtmf import key_packets
from simulators.phone.rtp import RtpPacket, parse_rtp
from simulators.phone.sending import Sender


def test_key_is_an_event_that_grows_and_ends_three_times() -> None:
    """160 ms in units of 8000 Hz; the end is sent three times with the same duration."""
    packets = [struct.unpack("!BBH", packet.payload) for packet in key_packets("#")]
    assert {event for event, _, _ in packets} == {11}
    assert [duration for _, _, duration in packets] == [160 * n for n in range(1, 9)] + [1280] * 2
    assert [flags >> 7 for _, flags, _ in packets] == [0] * 7 + [1] * 3
    assert [packet.is_first for packet in key_packets("5")] == [True] + [False] * 9
    for wrong in ("", "x", "12"):
        with pytest.raises(ValueError, match="no key"):
            key_packets(wrong)


async def test_keys_share_the_stream_of_the_audio() -> None:
    """One SSRC, one row of sequence numbers; an event keeps the time at which it began."""
    sender = Sender(7)
    sender.telephone_event = 101
    pressed = sender.press("12")
    packets: list[RtpPacket] = []
    while not pressed.done():
        packets.append(parse_rtp(sender.next_packet(len(packets) * 0.02, muted=False)))
    packets.append(parse_rtp(sender.next_packet(1, muted=False)))
    assert await pressed
    assert {packet.ssrc for packet in packets} == {7}
    assert set(np.diff([packet.sequence for packet in packets])) == {1}
    events = [packet for packet in packets if packet.payload_type == 101]
    assert len(events) == 20
    assert [packet.payload[0] for packet in events] == [1] * 10 + [2] * 10
    assert len({packet.timestamp for packet in events}) == 2
    assert sum(packet.marker for packet in events) == 2
    # after the events the audio goes on where the clock stands
    assert (packets[-1].timestamp - packets[0].timestamp) == (len(packets) - 1) * 960
    assert packets[-1].payload_type == 111


async def test_hush_lets_the_keys_go() -> None:
    """What was not pressed yet is not pressed any more."""
    sender = Sender(7)
    pressed = sender.press("1")
    sender.next_packet(0, muted=False)
    sender.hush()
    assert not await pressed
    assert parse_rtp(sender.next_packet(0, muted=False)).payload_type == 111
    assert await sender.press("")
