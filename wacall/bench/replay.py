"""Phones that cost next to nothing: the media path of a real one, but the same packet every 20 ms.

ICE, DTLS and SRTP are the simulated phone's own. Nothing is encoded or decoded; what comes in is
counted by its RTP header, which SRTP leaves in clear, and every 50th packet is decrypted.
"""

import asyncio
import struct
import time
from collections.abc import Sequence

from simulators.phone.phone import Phone
from simulators.phone.rtp import FRAME_MS, FRAME_TICKS, RtpPacket, write_rtp
from simulators.phone.write_sdp import OPUS_PAYLOAD_TYPE

PACKETS_PER_S = 1000 // FRAME_MS
_PAYLOAD = bytes(range(50))
"""As long as 20 ms of Opus at the 20 kbit/s of Meta's offer."""
_DECRYPT_EVERY = 50
_FRAME_S = FRAME_MS / 1000
_GIVE_UP_BEHIND_S = 0.2


class ReplayPhone(Phone):
    """A phone that is told when to send."""

    def __init__(self) -> None:
        super().__init__()
        self._port = self.media_port(self._count)
        self.sent = 0
        self.got = 0
        self.undecryptable = 0
        self._number = 0

    def send_next(self) -> None:
        """Send the next packet, from any thread; nothing before DTLS is up."""
        if not self._port.is_up:
            return
        packet = RtpPacket(
            payload_type=OPUS_PAYLOAD_TYPE,
            marker=self._number == 0,
            sequence=self._number & 0xFFFF,
            timestamp=self._number * FRAME_TICKS & 0xFFFFFFFF,
            ssrc=self._port.ssrc,
            payload=_PAYLOAD,
        )
        self._number += 1
        self.sent += 1
        self._port.send(write_rtp(packet))

    def forget(self) -> None:
        """Count from zero."""
        self.sent = self.got = self.undecryptable = 0

    def _count(self, data: bytes) -> None:
        self.got += 1
        (sequence,) = struct.unpack_from("!H", data, 2)
        if sequence % _DECRYPT_EVERY == 0 and self._port.read(data) is None:
            self.undecryptable += 1


async def replay(phones: Sequence[ReplayPhone], for_s: float) -> None:
    """Let all phones send 50 packets a second, by an absolute clock.

    A machine too busy for that is left behind: what is more than 0.2 s late is not sent.
    """
    # a thread: asyncio sleeps for whole milliseconds, and packets that come in bursts are cheaper
    # for the hop, which wakes up less often (measured: half the CPU time at 50 calls)
    await asyncio.to_thread(_replay, phones, for_s)


def _replay(phones: Sequence[ReplayPhone], for_s: float) -> None:
    began = time.monotonic()
    if not phones:
        time.sleep(for_s)
        return
    # spread evenly over the 20 ms, as nobody's packets wait for anybody else's
    apart_s = _FRAME_S / len(phones)
    for turn in range(round(for_s / apart_s)):
        wait_s = began + turn * apart_s - time.monotonic()
        if wait_s > 0:
            time.sleep(wait_s)
        if wait_s > -_GIVE_UP_BEHIND_S:
            phones[turn % len(phones)].send_next()
    time.sleep(max(0.0, began + for_s - time.monotonic()))
