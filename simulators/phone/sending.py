"""What the phone says: PCM and keys in, one Opus or event packet every 20 ms out, one SSRC."""

import asyncio
import secrets
from collections import deque
from dataclasses import dataclass
from fractions import Fraction

import av
import numpy as np
from av.audio.codeccontext import AudioCodecContext

from simulators.phone.dtmf import PAUSE_FRAMES, EventPacket, key_packets
from simulators.phone.recording import Pcm, Timeline, resample
from simulators.phone.rtp import FRAME_MS, FRAME_TICKS, RtpPacket, write_rtp, write_sender_report
from simulators.phone.write_sdp import DTMF_PAYLOAD_TYPE, OPUS_PAYLOAD_TYPE

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


@dataclass(slots=True)
class _Keys:
    packets: deque[EventPacket | None]
    """None: 20 ms of audio between two keys."""
    pressed: asyncio.Future[bool]


class Sender:
    """The phone's microphone and encoder."""

    def __init__(self, ssrc: int) -> None:
        self.ssrc = ssrc
        self.packets = 0
        self.octets = 0
        self.said = Timeline(RATE)
        self.opus = OPUS_PAYLOAD_TYPE
        self.telephone_event = DTMF_PAYLOAD_TYPE
        self._sequence = secrets.randbelow(0x8000)
        self._timestamp = secrets.randbelow(0x80000000)
        self._encoder = _make_encoder()
        self._frame_index = 0
        self._queue: deque[_Utterance] = deque()
        self._keys: deque[_Keys] = deque()
        self._event_timestamp = 0

    def say(self, pcm: Pcm, rate: int) -> asyncio.Future[bool]:
        """Queue sound; the future tells whether it was spoken to its end."""
        spoken: asyncio.Future[bool] = asyncio.get_running_loop().create_future()
        self._queue.append(_Utterance(resample(pcm, rate, RATE), 0, spoken))
        return spoken

    def press(self, keys: str) -> asyncio.Future[bool]:
        """Queue keys; the future tells whether the last one was sent to its end.

        Raises:
            ValueError: no phone has one of these keys.
        """
        packets: deque[EventPacket | None] = deque()
        for key in keys:
            packets += [*key_packets(key), *[None] * PAUSE_FRAMES]
        pressed: asyncio.Future[bool] = asyncio.get_running_loop().create_future()
        if packets:
            self._keys.append(_Keys(packets, pressed))
        else:
            pressed.set_result(True)
        return pressed

    def hush(self) -> None:
        """Forget what is still to be said or pressed."""
        while self._queue:
            _settle(self._queue.popleft().spoken, done=False)
        while self._keys:
            _settle(self._keys.popleft().pressed, done=False)

    def skip_frame(self) -> None:
        """Let 20 ms pass without a packet."""
        self._timestamp = (self._timestamp + FRAME_TICKS) & 0xFFFFFFFF

    def next_packet(self, at_s: float, *, muted: bool) -> bytes:
        """Encode the next 20 ms, spoken at `at_s` on the call's time axis, as an RTP packet.

        A muted phone sends silence; what it was to say passes by unheard. A key is sent instead
        of the sound, which waits.
        """
        if (event := self._next_event()) is not None:
            if event.is_first:
                self._event_timestamp = self._timestamp
            return self._write(
                self.telephone_event,
                event.payload,
                timestamp=self._event_timestamp,
                marker=event.is_first,
            )
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
        return self._write(self.opus, payload, timestamp=self._timestamp, marker=self.packets == 0)

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

    def _write(self, payload_type: int, payload: bytes, *, timestamp: int, marker: bool) -> bytes:
        packet = RtpPacket(payload_type, marker, self._sequence, timestamp, self.ssrc, payload)
        self._sequence = (self._sequence + 1) & 0xFFFF
        self.skip_frame()
        self.packets += 1
        self.octets += len(payload)
        return write_rtp(packet)

    def _next_event(self) -> EventPacket | None:
        if not self._keys:
            return None
        keys = self._keys[0]
        event = keys.packets.popleft()
        if not keys.packets:
            _settle(self._keys.popleft().pressed, done=True)
        return event

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
                _settle(self._queue.popleft().spoken, done=True)
        return frame


def _settle(future: asyncio.Future[bool], *, done: bool) -> None:
    if not future.done():
        future.set_result(done)


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
