"""The input audio buffer of a session: the sound that is not yet part of an item."""

import base64
import binascii
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from simulators.openai.config import RATE
from simulators.openai.errors import RealtimeRefusal

_PER_MS: Final = RATE // 1000
# OpenAI refuses a larger event
_LARGEST_EVENT: Final = 15 * 1024 * 1024
_SHORTEST_COMMIT_MS: Final = 100


class InputAudio:
    """Sound on a time line that starts with the session's first sample; times are in ms."""

    def __init__(self) -> None:
        self._samples: NDArray[np.int16] = np.zeros(0, np.int16)
        self._start_ms = 0

    @property
    def start_ms(self) -> int:
        """Time of the first sample that is kept."""
        return self._start_ms

    @property
    def end_ms(self) -> int:
        """Time after the last sample."""
        return self._start_ms + len(self._samples) // _PER_MS

    def append(self, samples: NDArray[np.int16]) -> None:
        """Add sound at the end."""
        self._samples = np.concatenate((self._samples, samples))

    def cut(self, start_ms: int, end_ms: int) -> NDArray[np.int16]:
        """Return the sound between two times and forget everything before the second."""
        first = max(0, start_ms - self._start_ms) * _PER_MS
        last = max(0, end_ms - self._start_ms) * _PER_MS
        sound = self._samples[first:last].copy()
        self.forget_before(end_ms)
        return sound

    def commit(self) -> NDArray[np.int16]:
        """Return everything and start anew.

        Raises:
            RealtimeRefusal: there is less than 100 ms.
        """
        length = self.end_ms - self._start_ms
        if length < _SHORTEST_COMMIT_MS:
            raise RealtimeRefusal(
                "input_audio_buffer_commit_empty",
                "Error committing input audio buffer: buffer too small. Expected at least "
                f"{_SHORTEST_COMMIT_MS}ms of audio, but buffer only has {length:.2f}ms of audio.",
            )
        return self.cut(self._start_ms, self.end_ms)

    def forget_before(self, time_ms: int) -> None:
        """Drop what is older than `time_ms`."""
        gone = min(max(0, time_ms - self._start_ms), self.end_ms - self._start_ms)
        self._samples = self._samples[gone * _PER_MS :]
        self._start_ms += gone


def decode_audio(sent: Any) -> NDArray[np.int16]:
    """Return the samples of an `input_audio_buffer.append`.

    Raises:
        RealtimeRefusal: it is no base64, or no whole 16-bit samples.
    """
    if not isinstance(sent, str):
        raise RealtimeRefusal(
            "missing_required_parameter", "Missing required parameter: 'audio'.", param="audio"
        )
    try:
        if len(sent) > _LARGEST_EVENT:
            raise ValueError("too large")
        data = base64.b64decode(sent, validate=True)
        return np.frombuffer(data, "<i2").astype(np.int16)
    except (binascii.Error, ValueError) as error:
        raise RealtimeRefusal(
            "invalid_value",
            "Invalid 'audio'. Expected base64-encoded audio bytes (mono PCM16 at 24kHz) but got "
            "an invalid value.",
            param="audio",
        ) from error
