"""RTP and RTCP bytes: just what a phone with one Opus stream needs (RFC 3550)."""

import struct
from typing import NamedTuple

RTP_CLOCK = 48_000
"""Opus always counts at 48 kHz (RFC 7587 section 4.1)."""
FRAME_MS = 20
FRAME_TICKS = RTP_CLOCK * FRAME_MS // 1000
_NTP_EPOCH_S = 2_208_988_800
"""Seconds from 1900 to 1970."""


class RtpPacket(NamedTuple):
    """One RTP packet without its extensions."""

    payload_type: int
    marker: bool
    sequence: int
    timestamp: int
    ssrc: int
    payload: bytes


def is_rtcp(datagram: bytes) -> bool:
    """Tell RTCP from RTP when both share a port (RFC 5761 section 4)."""
    return len(datagram) >= 2 and 192 <= datagram[1] <= 223


def parse_rtp(data: bytes) -> RtpPacket:
    """Read one packet.

    Raises:
        ValueError: this is no RTP.
    """
    if len(data) < 12 or data[0] >> 6 != 2:
        raise ValueError("not an RTP packet")
    first, second, sequence, timestamp, ssrc = struct.unpack_from("!BBHII", data)
    start = 12 + 4 * (first & 0x0F)
    if first & 0x10:
        if len(data) < start + 4:
            raise ValueError("the RTP header extension is cut short")
        start += 4 + 4 * int(struct.unpack_from("!H", data, start + 2)[0])
    end = len(data) - (data[-1] if first & 0x20 else 0)
    if start > end:
        raise ValueError("the RTP packet is cut short")
    return RtpPacket(second & 0x7F, bool(second & 0x80), sequence, timestamp, ssrc, data[start:end])


def write_rtp(packet: RtpPacket) -> bytes:
    """Write one packet."""
    second = packet.payload_type | (0x80 if packet.marker else 0)
    return (
        struct.pack("!BBHII", 0x80, second, packet.sequence, packet.timestamp, packet.ssrc)
        + packet.payload
    )


def write_sender_report(
    *, ssrc: int, cname: str, unix_time: float, timestamp: int, packets: int, octets: int
) -> bytes:
    """Write a compound of sender report and source description (RFC 3550 sections 6.4.1, 6.5)."""
    seconds, fraction = divmod(unix_time, 1)
    report = struct.pack(
        "!BBHIIIIII",
        0x80,
        200,
        6,
        ssrc,
        int(seconds) + _NTP_EPOCH_S & 0xFFFFFFFF,
        int(fraction * 2**32),
        timestamp,
        packets,
        octets & 0xFFFFFFFF,
    )
    item = struct.pack("!IBB", ssrc, 1, len(cname)) + cname.encode("ascii") + b"\0"
    item += bytes(-len(item) % 4)
    return report + struct.pack("!BBH", 0x81, 202, len(item) // 4) + item
