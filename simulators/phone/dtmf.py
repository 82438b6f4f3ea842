"""Keys that a user presses in a call: RFC 4733 events in the audio's own RTP stream. Pure.

Meta sends durations in 8000 Hz units, in the sequence and timestamp space of the 48 kHz audio
(calling, "DTMF").
"""

import struct
from typing import NamedTuple

from simulators.phone.rtp import FRAME_MS

KEYS = "0123456789*#ABCD"
"""RFC 4733 section 3.2: a key's place is its event code."""
_UNITS = 8 * FRAME_MS
"""Units of 8000 Hz in one packet time."""
_VOLUME = 10
"""-10 dBm0."""
_KEY_FRAMES = 8
"""A key is held for 160 ms."""
_END_PACKETS = 3
"""RFC 4733 section 2.5.1.4: the last packet is sent three times."""
PAUSE_FRAMES = 5
"""100 ms of audio between two keys."""


class EventPacket(NamedTuple):
    """What goes out instead of 20 ms of audio."""

    payload: bytes
    is_first: bool
    """Carries the marker bit; its timestamp is the whole event's."""


def key_packets(key: str) -> list[EventPacket]:
    """Write one key's packets, one for each 20 ms.

    Raises:
        ValueError: no phone has this key.
    """
    code = KEYS.find(key.upper())
    if code < 0 or len(key) != 1:
        raise ValueError(f"{key!r} is no key of a phone; use one of {KEYS}")
    packets = []
    for number in range(1, _KEY_FRAMES + _END_PACKETS):
        is_end = number >= _KEY_FRAMES
        flags = (0x80 if is_end else 0) | _VOLUME
        duration = min(number, _KEY_FRAMES) * _UNITS
        packets.append(EventPacket(struct.pack("!BBH", code, flags, duration), number == 1))
    return packets
