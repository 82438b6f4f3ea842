"""The model's sound on its way to a WebRTC client: made in bursts, spoken in real time."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction
from typing import Final

import av
import numpy as np
from aiortc.mediastreams import MediaStreamError, MediaStreamTrack
from numpy.typing import NDArray

from simulators.openai.config import RATE

_FRAME_S: Final = 0.02
_FRAME: Final = int(RATE * _FRAME_S)


@dataclass(frozen=True, slots=True, kw_only=True)
class Cut:
    """Speech that was broken off, and how much of it had been sent."""

    response_id: str
    item_id: str
    played_ms: int


class Line(MediaStreamTrack):
    """A track that sends 20 ms each 20 ms: what was added, else silence, or nothing at all."""

    kind = "audio"

    def __init__(
        self, on_buffer: Callable[[str, str], None], *, sends_in_silence: bool = True
    ) -> None:
        """Take who is told of `started` and `stopped`, each with the response's id."""
        super().__init__()
        self._on_buffer = on_buffer
        self._sends_in_silence = sends_in_silence
        self._samples: NDArray[np.int16] = np.zeros(0, np.int16)
        self._added = asyncio.Event()
        self._speaking: tuple[str, str] | None = None
        self._has_begun = False
        self._is_complete = False
        self._played = 0
        self._due: float | None = None
        self._position = 0

    @property
    def is_speaking(self) -> bool:
        """Whether something is being said, or waits to be."""
        return self._speaking is not None

    def add(self, samples: NDArray[np.int16], *, response_id: str, item_id: str) -> None:
        """Let this be spoken behind what waits."""
        if self._speaking != (response_id, item_id):
            self._finish()
            self._speaking = response_id, item_id
            self._has_begun, self._is_complete, self._played = False, False, 0
        self._samples = np.concatenate((self._samples, samples))
        self._added.set()

    def end_speech(self) -> None:
        """Nothing more comes of this speech."""
        self._is_complete = True

    def clear(self) -> Cut | None:
        """Drop what waits; return what was being spoken, `None` if nothing was."""
        speaking, self._speaking = self._speaking, None
        self._samples = self._samples[:0]
        self._added.clear()
        if speaking is None:
            return None
        response_id, item_id = speaking
        return Cut(response_id=response_id, item_id=item_id, played_ms=self._played * 1000 // RATE)

    async def recv(self) -> av.AudioFrame:
        """Return the next 20 ms, when they are due."""
        if self.readyState != "live":
            raise MediaStreamError
        clock = asyncio.get_running_loop()
        if self._due is None:
            self._due = clock.time()
        await asyncio.sleep(self._due - clock.time())
        if not len(self._samples) and not self._sends_in_silence:
            await self._added.wait()
            waited = int((clock.time() - self._due) / _FRAME_S)
            self._due += waited * _FRAME_S
            self._position += waited * _FRAME
        frame = av.AudioFrame.from_ndarray(self._next().reshape(1, -1), format="s16", layout="mono")
        frame.sample_rate = RATE
        frame.pts = self._position
        frame.time_base = Fraction(1, RATE)
        self._position += _FRAME
        self._due += _FRAME_S
        return frame

    def _next(self) -> NDArray[np.int16]:
        chunk, self._samples = self._samples[:_FRAME], self._samples[_FRAME:]
        if self._speaking is not None and len(chunk):
            if not self._has_begun:
                self._has_begun = True
                self._on_buffer("started", self._speaking[0])
            self._played += len(chunk)
        if not len(self._samples):
            self._added.clear()
            if self._is_complete:
                self._finish()
        return np.pad(chunk, (0, _FRAME - len(chunk)))

    def _finish(self) -> None:
        speaking, self._speaking = self._speaking, None
        if speaking is not None and self._has_begun:
            self._on_buffer("stopped", speaking[0])
