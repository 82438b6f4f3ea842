"""What the phone says: PCM in, one Opus packet every 20 ms out, one SSRC."""

import asyncio
import secrets
from collections import deque
from dataclasses import dataclass
from fractions import Fraction

import av
import numpy as np
from av.audio.codeccontext import AudioCodecContext

from simulators.offer import OPUS_PAYLOAD_TYPE
from simulators.recording import Pcm, Timeline, resample
from simulators.rtp import FRAME_MS, FRAME_TICKS, RtpPacket, write_rtp, write_sender_report

RATE = 16_000
"""Meta's offer: `maxplaybackrate=16000`."""
_FRAME = RATE * FRAME_MS // 1000
_BITRATE = 20_000
"""Meta's offer: `maxaveragebitrate=20000`."""
_CNAME = "WhatsAppAudioStream1"


@dataclass(slots=True)
class _Utterance:
    pcm: Pcm
    position: int
    spoken: asyncio.Future[bool]


class Sender:
    """The phone's microphone and encoder."""

    def __init__(self, ssrc: int) -> None:
        self.ssrc = ssrc
        self.packets = 0
        self.octets = 0
        self.said = Timeline(RATE)
        self._sequence = secrets.randbelow(0x8000)
        self._timestamp = secrets.randbelow(0x80000000)
        self._encoder = _make_encoder()
        self._frame_index = 0
        self._queue: deque[_Utterance] = deque()

    @property
    def is_talking(self) -> bool:
        """Whether something is still queued to be said."""
        return bool(self._queue)

    def say(self, pcm: Pcm, rate: int) -> asyncio.Future[bool]:
        """Queue sound; the future tells whether it was spoken to its end."""
        spoken: asyncio.Future[bool] = asyncio.get_running_loop().create_future()
        self._queue.append(_Utterance(resample(pcm, rate, RATE), 0, spoken))
        return spoken

    def hush(self) -> None:
        """Forget what is still to be said."""
        while self._queue:
            _settle(self._queue.popleft(), spoken=False)

    def skip_frame(self) -> None:
        """Let 20 ms pass without a packet."""
        self._timestamp = (self._timestamp + FRAME_TICKS) & 0xFFFFFFFF

    def next_packet(self, at_s: float, *, muted: bool) -> bytes:
        """Encode the next 20 ms, spoken at `at_s` on the call's time axis, as an RTP packet.

        A muted phone sends silence; what it was to say passes by unheard.
        """
        pcm = self._next_frame()
        if muted:
            pcm = np.zeros(_FRAME, dtype=np.int16)
        self.said.write(round(at_s * RATE), pcm)
        frame = av.AudioFrame.from_ndarray(pcm[np.newaxis, :], format="s16", layout="mono")
        frame.sample_rate = RATE
        frame.pts = self._frame_index * _FRAME
        frame.time_base = Fraction(1, RATE)
        self._frame_index += 1
        payload = b"".join(bytes(packet) for packet in self._encoder.encode(frame))
        packet = RtpPacket(
            OPUS_PAYLOAD_TYPE,
            self.packets == 0,
            self._sequence,
            self._timestamp,
            self.ssrc,
            payload,
        )
        self._sequence = (self._sequence + 1) & 0xFFFF
        self.skip_frame()
        self.packets += 1
        self.octets += len(payload)
        return write_rtp(packet)

    def report(self, unix_time: float) -> bytes:
        """Write an RTCP sender report."""
        return write_sender_report(
            ssrc=self.ssrc,
            cname=_CNAME,
            unix_time=unix_time,
            timestamp=self._timestamp,
            packets=self.packets,
            octets=self.octets,
        )

    def _next_frame(self) -> Pcm:
        frame = np.zeros(_FRAME, dtype=np.int16)
        filled = 0
        while self._queue and filled < _FRAME:
            utterance = self._queue[0]
            part = utterance.pcm[utterance.position : utterance.position + _FRAME - filled]
            frame[filled : filled + len(part)] = part
            filled += len(part)
            utterance.position += len(part)
            if utterance.position >= len(utterance.pcm):
                _settle(self._queue.popleft(), spoken=True)
        return frame


def _settle(utterance: _Utterance, *, spoken: bool) -> None:
    if not utterance.spoken.done():
        utterance.spoken.set_result(spoken)


def _make_encoder() -> AudioCodecContext:
    encoder = av.CodecContext.create("libopus", "w")
    encoder.sample_rate = RATE
    encoder.layout = "mono"
    encoder.format = "s16"
    encoder.bit_rate = _BITRATE
    encoder.time_base = Fraction(1, RATE)
    encoder.options = {
        "application": "voip",
        "frame_duration": str(FRAME_MS),
        # in-band FEC as the offer says; low complexity: many phones share a core
        "fec": "1",
        "packet_loss": "5",
        "compression_level": "3",
    }
    return encoder
