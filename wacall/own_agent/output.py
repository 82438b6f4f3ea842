"""The agent's one audio track: published before anybody listens, muted until the call is answered.

WhatsApp takes the first RTP packet for the answer, and LiveKit's WHIP leg can only be given a track
that is already there; so the track exists from the beginning and sends nothing until `unmute()`.
What the model says before `release()` waits here. One track and one SSRC for the whole call.
"""

import asyncio
import contextlib
import time
from collections import deque
from dataclasses import dataclass, field

from livekit import rtc
from livekit.agents.voice.io import AudioOutput, AudioOutputCapabilities, TextOutput

from wacall.own_agent.names import AGENT_TRACK

SAMPLE_RATE = 24_000
# What LiveKit's source may hold ahead of the network. It is cleared at once on barge-in; its length
# is what a busy event loop may sleep without a gap in the sound.
_QUEUE_MS = 200
_FRAME_SAMPLES = SAMPLE_RATE // 50


@dataclass(slots=True)
class _Segment:
    """One message of the model, from its first frame to the end of its playout."""

    pushed_s: float = 0.0
    """Handed to LiveKit's source so far."""
    captured_s: float = 0.0
    flushed: bool = False
    interrupted: bool = False
    started: bool = False
    frames: deque[rtc.AudioFrame] = field(default_factory=deque)


def heard(text: str, played_s: float, captured_s: float) -> str:
    """Return what was heard of a text when `played_s` of its `captured_s` of audio were played.

    OpenAI gives no word times; speech is even enough that a share of the audio is the same share
    of the text. A word that had begun counts as heard.
    """
    if captured_s <= 0 or played_s <= 0:
        return ""
    cut = round(len(text) * min(played_s / captured_s, 1.0))
    end = text.find(" ", cut)
    return text if end < 0 else text[:end].rstrip()


class SpokenText(TextOutput):
    """Collects the text of the message that is being spoken; nothing of it goes to the room."""

    def __init__(self) -> None:
        """Begin with nothing said."""
        super().__init__(label="SpokenText", next_in_chain=None)
        self.text = ""
        self._complete = False

    async def capture_text(self, text: str) -> None:
        """Take the next piece of the message."""
        if self._complete:
            self.text, self._complete = "", False
        self.text += text

    def flush(self) -> None:
        """Note that the message is complete; its text stays until the next begins."""
        self._complete = True


class CallAudioOutput(AudioOutput):
    """An `AudioOutput` on a track of its own, which begins muted."""

    def __init__(self) -> None:
        """Create source and track; nothing is published yet."""
        super().__init__(
            label="CallAudioOutput",
            capabilities=AudioOutputCapabilities(pause=False),
            sample_rate=SAMPLE_RATE,
        )
        self.spoken = SpokenText()
        self._source = rtc.AudioSource(SAMPLE_RATE, 1, queue_size_ms=_QUEUE_MS)
        self._track = rtc.LocalAudioTrack.create_audio_track(AGENT_TRACK, self._source)
        self._released = asyncio.Event()
        self.is_unmuted = False
        self._work = asyncio.Event()
        self._segment: _Segment | None = None
        self._pump_task = asyncio.create_task(self._pump(), name="agent-audio")

    async def publish(self, participant: rtc.LocalParticipant) -> None:
        """Publish the track, muted, so that not one RTP packet leaves."""
        self._track.mute()
        options = rtc.TrackPublishOptions(
            source=rtc.TrackSource.SOURCE_MICROPHONE, dtx=False, red=False
        )
        await participant.publish_track(self._track, options)

    def unmute(self) -> None:
        """Let RTP flow: silence, until `release()`."""
        self._track.unmute()
        self.is_unmuted = True

    def release(self) -> None:
        """Begin to play, with what has been said so far."""
        self._released.set()

    async def capture_frame(self, frame: rtc.AudioFrame) -> None:
        """Take audio of the current message, faster than it can be played."""
        if self._segment is not None and self._segment.flushed:
            await self.wait_for_playout()
        await super().capture_frame(frame)
        if self._segment is None:
            self._segment = _Segment()
        if self._segment.interrupted:
            return
        self._segment.frames.extend(_slices(frame))
        self._segment.captured_s += frame.duration
        self._work.set()

    def flush(self) -> None:
        """Mark the message as complete."""
        super().flush()
        segment = self._segment
        if segment is None or segment.flushed:
            return
        segment.flushed = True
        if segment.interrupted:
            self._finish(segment)
        self._work.set()

    def clear_buffer(self) -> None:
        """Stop at once: what has not left for the network is dropped."""
        segment = self._segment
        if segment is None or segment.interrupted:
            return
        played_s = self._played_s(segment)
        segment.interrupted = True
        segment.pushed_s = played_s
        segment.frames.clear()
        self._source.clear_queue()
        if segment.flushed:
            self._finish(segment)

    async def aclose(self) -> None:
        """Stop playing and free the source."""
        self._pump_task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await self._pump_task
        await self._source.aclose()

    def _played_s(self, segment: _Segment) -> float:
        return max(segment.pushed_s - self._source.queued_duration, 0.0)

    def _finish(self, segment: _Segment) -> None:
        if self._segment is not segment:
            return
        self._segment = None
        text = self.spoken.text
        if segment.interrupted:
            text = heard(text, segment.pushed_s, segment.captured_s)
        self.on_playback_finished(
            playback_position=segment.pushed_s,
            interrupted=segment.interrupted,
            synchronized_transcript=text if segment.interrupted else None,
        )

    async def _pump(self) -> None:
        """Move frames into LiveKit's source at the speed at which it takes them."""
        await self._released.wait()
        while True:
            segment = self._segment
            if segment is None or segment.interrupted or not segment.frames:
                if segment is not None and segment.flushed and not segment.interrupted:
                    await self._source.wait_for_playout()
                    if not segment.interrupted and not segment.frames:
                        self._finish(segment)
                    continue
                self._work.clear()
                await self._work.wait()
                continue
            frame = segment.frames.popleft()
            if not segment.started:
                segment.started = True
                self.on_playback_started(created_at=time.time())
            segment.pushed_s += frame.duration
            await self._source.capture_frame(frame)


def _slices(frame: rtc.AudioFrame) -> list[rtc.AudioFrame]:
    """Cut a frame into pieces of 20 ms, so that none waits long in front of the source."""
    data, channels = frame.data, frame.num_channels
    return [
        rtc.AudioFrame(
            data=data[start * channels : (start + _FRAME_SAMPLES) * channels].tobytes(),
            sample_rate=frame.sample_rate,
            num_channels=channels,
            samples_per_channel=min(_FRAME_SAMPLES, frame.samples_per_channel - start),
        )
        for start in range(0, frame.samples_per_channel, _FRAME_SAMPLES)
    ]
