"""What the phone hears: RTP packets in, sound on the call's time axis out, with the counts."""

from collections.abc import Callable
from dataclasses import dataclass, field

import av
import numpy as np
from av.audio.codeccontext import AudioCodecContext

from simulators.phone.recording import Pcm, Timeline
from simulators.phone.rtp import RTP_CLOCK, parse_rtp
from simulators.phone.write_sdp import OPUS_PAYLOAD_TYPE

RATE = 48_000
LOUD_RMS = 200.0
"""Of 32,768 (-44 dBFS): above comfort noise, below any speech."""
_REBASE_S = 0.2
"""When timestamps and arrival differ by more, the source started anew (mute, restart)."""
_LATE = 0x8000


@dataclass(slots=True)
class Reception:
    """The counts of one call; times in seconds on the call's time axis."""

    packets: int = 0
    lost: int = 0
    """Sequence numbers that never came, as far as seen."""
    late: int = 0
    """Packets that came out of order or twice; not decoded."""
    gaps: int = 0
    """Times at which sequence numbers were missing."""
    malformed: int = 0
    early: int = 0
    """Packets before `accept` had returned 200, or before the user picked up."""
    early_audible: int = 0
    """Those of them that could be heard."""
    after_end: int = 0
    """Packets that still came after the call had ended and a grace had passed."""
    ssrcs: set[int] = field(default_factory=set)
    payload_types: set[int] = field(default_factory=set)
    first_packet_at: float | None = None
    first_audible_at: float | None = None
    last_packet_at: float | None = None
    last_rtcp_at: float | None = None
    largest_gap_s: float = 0.0
    """Longest time between two packets."""


class Receiver:
    """The phone's decoder and ear."""

    def __init__(self, on_frame: Callable[[], None]) -> None:
        self.counts = Reception()
        self.heard = Timeline(RATE)
        self.may_hear = False
        """Set when `accept` has returned 200; a packet before that breaks Meta's rule. In a call
        of the business's: set when the user picks up; what is audible before breaks it."""
        self.opus = OPUS_PAYLOAD_TYPE
        self.loud_since: float | None = None
        """When the speaking that goes on began; `None` while it is quiet."""
        self.last_loud_at: float | None = None
        self._on_frame = on_frame
        self._decoder = _make_decoder()
        self._highest: int | None = None
        self._base: tuple[float, int] | None = None
        """Point on the axis and RTP timestamp that belong together."""

    def take(self, data: bytes, at_s: float) -> None:
        """Take one decrypted RTP packet that arrived at `at_s` on the call's time axis."""
        counts = self.counts
        try:
            packet = parse_rtp(data)
        except ValueError:
            counts.malformed += 1
            return
        counts.packets += 1
        counts.ssrcs.add(packet.ssrc)
        counts.payload_types.add(packet.payload_type)
        if not self.may_hear:
            counts.early += 1
        if counts.first_packet_at is None:
            counts.first_packet_at = at_s
        if counts.last_packet_at is not None:
            counts.largest_gap_s = max(counts.largest_gap_s, at_s - counts.last_packet_at)
        counts.last_packet_at = at_s
        if self._is_next(packet.sequence) and packet.payload_type == self.opus:
            self._decode(packet.payload, packet.timestamp, at_s)
            self._on_frame()

    def speaking(self, now_s: float, hang_s: float = 0.1) -> bool:
        """Whether the other side speaks; pauses up to `hang_s` do not count."""
        return self.last_loud_at is not None and now_s - self.last_loud_at <= hang_s

    def _is_next(self, sequence: int) -> bool:
        if self._highest is None:
            self._highest = sequence
            return True
        ahead = (sequence - self._highest) & 0xFFFF
        if ahead == 0 or ahead >= _LATE:
            self.counts.late += 1
            # it had been counted as lost when it was passed over
            if ahead:
                self.counts.lost = max(0, self.counts.lost - 1)
            return False
        if ahead > 1:
            self.counts.gaps += 1
            self.counts.lost += ahead - 1
        self._highest = sequence
        return True

    def _decode(self, payload: bytes, timestamp: int, at_s: float) -> None:
        try:
            frames = self._decoder.decode(av.Packet(payload))
        except av.FFmpegError:
            self.counts.malformed += 1
            return
        place_s = self._place(timestamp, at_s)
        for frame in frames:
            pcm = frame.to_ndarray().reshape(-1).astype(np.int16, copy=False)
            self.heard.write(round(place_s * RATE), pcm)
            self._listen(pcm, at_s)

    def _place(self, timestamp: int, at_s: float) -> float:
        if self._base is not None:
            base_s, base_timestamp = self._base
            ticks = (timestamp - base_timestamp) & 0xFFFFFFFF
            place_s = base_s + ticks / RTP_CLOCK
            if abs(place_s - at_s) <= _REBASE_S:
                return place_s
        self._base = (at_s, timestamp)
        return at_s

    def _listen(self, pcm: Pcm, at_s: float) -> None:
        samples = pcm.astype(np.float32)
        if float(np.dot(samples, samples)) < LOUD_RMS * LOUD_RMS * len(samples):
            return
        if not self.may_hear:
            self.counts.early_audible += 1
        if self.counts.first_audible_at is None:
            self.counts.first_audible_at = at_s
        if not self.speaking(at_s, hang_s=0.5):
            self.loud_since = at_s
        self.last_loud_at = at_s


def _make_decoder() -> AudioCodecContext:
    decoder = av.CodecContext.create("libopus", "r")
    decoder.sample_rate = RATE
    decoder.layout = "mono"
    decoder.format = "s16"
    return decoder
