"""Opus packets out of an Ogg file (RFC 3533, RFC 7845), and what each one says of itself; pure."""

from dataclasses import dataclass
from enum import IntEnum

_HEADER = 27


class Bandwidth(IntEnum):
    """How high a packet's sound goes, in Hz of its sampling rate (RFC 6716 section 2)."""

    NARROW = 8_000
    MEDIUM = 12_000
    WIDE = 16_000
    SUPERWIDE = 24_000
    FULL = 48_000


# by configuration (RFC 6716 table 2): SILK, hybrid, CELT; each band of SILK and CELT has four
_SILK = (Bandwidth.NARROW, Bandwidth.MEDIUM, Bandwidth.WIDE)
_HYBRID = (Bandwidth.SUPERWIDE, Bandwidth.FULL)
_CELT = (Bandwidth.NARROW, Bandwidth.WIDE, Bandwidth.SUPERWIDE, Bandwidth.FULL)


@dataclass(frozen=True, slots=True, kw_only=True)
class Packet:
    """One RTP packet's Opus."""

    at_ms: float
    """Since the file began."""
    ms: float
    """How long it sounds."""
    size: int
    """Bytes."""
    bandwidth: Bandwidth


def read_packets(data: bytes) -> list[Packet]:
    """Read the packets of a whole file.

    Raises:
        ValueError: this is no Ogg with Opus.
    """
    packets: list[Packet] = []
    at_ms = 0.0
    # the first two are OpusHead and OpusTags
    for payload in _split(data)[2:]:
        ms, bandwidth = _of(payload)
        packets.append(Packet(at_ms=at_ms, ms=ms, size=len(payload), bandwidth=bandwidth))
        at_ms += ms
    return packets


def _split(data: bytes) -> list[bytes]:
    """A packet ends with the first segment shorter than 255 bytes, and may go on over pages."""
    packets: list[bytes] = []
    part = b""
    while data:
        if data[:4] != b"OggS" or len(data) < _HEADER:
            raise ValueError("this is no Ogg file")
        len_of_lacing = data[26]
        lacing = data[_HEADER : _HEADER + len_of_lacing]
        data = data[_HEADER + len_of_lacing :]
        if len(lacing) < len_of_lacing or len(data) < sum(lacing):
            raise ValueError("the Ogg file was cut off")
        for length in lacing:
            part, data = part + data[:length], data[length:]
            if length < 255:
                packets.append(part)
                part = b""
    if not packets or not packets[0].startswith(b"OpusHead"):
        raise ValueError("the file holds no Opus")
    return packets


def _of(payload: bytes) -> tuple[float, Bandwidth]:
    """Read duration and bandwidth off a packet's first bytes (RFC 6716 section 3.1)."""
    if not payload:
        raise ValueError("an Opus packet is empty")
    config, code = payload[0] >> 3, payload[0] & 3
    frame_ms: float
    if config < 12:
        frame_ms, bandwidth = (10, 20, 40, 60)[config % 4], _SILK[config // 4]
    elif config < 16:
        frame_ms, bandwidth = (10, 20)[config % 2], _HYBRID[(config - 12) // 2]
    else:
        frame_ms, bandwidth = (2.5, 5, 10, 20)[config % 4], _CELT[(config - 16) // 4]
    frames = (1, 2, 2, payload[1] & 0x3F if len(payload) > 1 else 1)[code]
    return frames * frame_ms, bandwidth
