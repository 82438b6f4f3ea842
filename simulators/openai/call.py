"""A Realtime call over WebRTC: Opus both ways, events on the data channel and on sidebands.

The client offers (`POST /v1/realtime/calls`), we answer. A session that lives in a call ends when
its connection is gone, when the client hangs it up, or when its time is over; sidebands come and
go as they like.
"""

import asyncio
from collections.abc import Callable
from typing import Any, Final

import av
import numpy as np
from aiortc import RTCDataChannel, RTCPeerConnection, RTCSessionDescription
from aiortc.mediastreams import MediaStreamError, MediaStreamTrack

from simulators.openai.config import RATE
from simulators.openai.conversation import new_id
from simulators.openai.line import Line
from simulators.openai.session import RealtimeSession
from simulators.openai.wire import CallWire, End
from simulators.tasks import Tasks

# a client that sends nothing in silence is taken to be silent
_SILENCE_S: Final = 0.1
_SILENCE: Final = np.zeros(int(RATE * _SILENCE_S), np.int16)

MakeSession = Callable[[CallWire, Line], RealtimeSession]


class ChannelEnd:
    """The data channel as one end of the call's wire."""

    def __init__(self, channel: RTCDataChannel) -> None:
        self._channel = channel

    async def send(self, text: str) -> None:
        """Send an event, once the channel stands."""
        if self._channel.readyState == "open":
            self._channel.send(text)

    async def close(self) -> None:
        """Close the channel, by which the client sees the end of its session."""
        self._channel.close()


class RealtimeCall:
    """One call, from the client's offer to its end."""

    def __init__(
        self,
        make_session: MakeSession,
        *,
        sends_in_silence: bool,
        ended: Callable[["RealtimeCall"], None],
    ) -> None:
        self.id = new_id("rtc")
        self.wire = CallWire()
        self._buffer: asyncio.Queue[tuple[str, str]] = asyncio.Queue()
        self._line = Line(
            lambda what, response: self._buffer.put_nowait((what, response)),
            sends_in_silence=sends_in_silence,
        )
        self._session = make_session(self.wire, self._line)
        self._ended = ended
        self._pc = RTCPeerConnection()
        self._pc.on("track", self._hear)
        self._pc.on("datachannel", self._open_channel)
        self._pc.on("connectionstatechange", self._changed)
        self._tasks = Tasks()
        self._is_over = False

    async def answer(self, offer: str) -> str:
        """Take the client's offer, begin the session, and return the answer.

        Raises:
            ValueError: the offer has no audio, or is no description.
        """
        await self._pc.setRemoteDescription(RTCSessionDescription(offer, "offer"))
        if not any(t.kind == "audio" for t in self._pc.getTransceivers()):
            raise ValueError("the offer has no audio")
        self._pc.addTrack(self._line)
        await self._pc.setLocalDescription(await self._pc.createAnswer())
        self._tasks.spawn(self._live())
        self._tasks.spawn(self._tell_buffer())
        return str(self._pc.localDescription.sdp)

    async def hear_words(self, words: str) -> None:
        """Let the caller have said these words, whatever sound comes; see `RealtimeSession`."""
        await self._session.hear_words(words)

    @property
    def replies(self) -> int:
        """How often the model has begun to speak."""
        return self._session.replies

    @property
    def tools_called(self) -> int:
        """How many tools it has called."""
        return self._session.tools_called

    @property
    def is_quiet(self) -> bool:
        """Whether the model has nothing to say, to wait for or to answer."""
        return self._session.is_quiet

    async def introduce(self, end: End) -> None:
        """Tell a sideband what session this is."""
        await self._session.introduce(end.send)

    async def hang_up(self) -> None:
        """End the session; the connection goes with it."""
        await self.wire.close()

    async def close(self) -> None:
        """Free everything."""
        self._line.stop()
        await self._tasks.close()
        await self._pc.close()

    async def _live(self) -> None:
        try:
            await self._session.run()
        finally:
            if not self._is_over:
                self._is_over = True
                self._ended(self)
                # in a task of its own: closing cancels this one
                asyncio.get_running_loop().create_task(self.close())

    async def _tell_buffer(self) -> None:
        while True:
            what, response = await self._buffer.get()
            await self._session.tell(
                {"type": f"output_audio_buffer.{what}", "response_id": response}
            )

    async def _changed(self) -> None:
        if self._pc.connectionState in ("failed", "closed"):
            await self.wire.close()

    def _open_channel(self, channel: RTCDataChannel) -> None:
        end = ChannelEnd(channel)
        self.wire.attach(end)
        channel.on("message", lambda text: self.wire.take(str(text)))
        # what was said before it stood
        self._tasks.spawn(self._session.introduce(end.send))

    def _hear(self, track: MediaStreamTrack) -> None:
        if track.kind == "audio":
            self._tasks.spawn(self._listen(track))

    async def _listen(self, track: MediaStreamTrack) -> None:
        resampler = av.AudioResampler(format="s16", layout="mono", rate=RATE)
        coming: asyncio.Task[Any] | None = None
        try:
            while True:
                coming = coming or asyncio.create_task(track.recv())
                done, _ = await asyncio.wait([coming], timeout=_SILENCE_S)
                if not done:
                    await self._session.hear(_SILENCE)
                    continue
                frame, coming = coming.result(), None
                for part in resampler.resample(frame):
                    await self._session.hear(part.to_ndarray().reshape(-1).astype(np.int16))
        except MediaStreamError:
            return
        finally:
            if coming is not None:
                coming.cancel()
