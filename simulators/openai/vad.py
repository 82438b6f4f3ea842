"""Decides when somebody speaks, from the energy of 20 ms frames; pure, cheap, no clock.

It stands in for OpenAI's `server_vad` and takes its settings: `threshold` 0..1,
`silence_duration_ms`. Prefix padding is the business of whoever keeps the audio.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

FRAME_MS: Final = 20
# a click is shorter than this, a syllable is longer
_ONSET_FRAMES: Final = 3
# loud frames must stand out from the line's noise by this much
_ABOVE_NOISE_DB: Final = 9.0
# a speaking voice may sink this far below the onset level before it counts as silence
_HYSTERESIS_DB: Final = 6.0
# nothing as loud as this is taken for the noise of a line
_LOUDEST_NOISE_DB: Final = -35.0
_NOISE_RISE_DB: Final = 0.1


@dataclass(frozen=True, slots=True, kw_only=True)
class VadSettings:
    """OpenAI's `server_vad` numbers, with OpenAI's defaults."""

    threshold: float = 0.5
    silence_ms: int = 500

    @property
    def onset_db(self) -> float:
        """Level in dBFS that counts as speech: 0.5 is -40, and a tenth is 5 dB."""
        return -65.0 + 50.0 * self.threshold


@dataclass(frozen=True, slots=True)
class SpeechStarted:
    """Somebody began to speak `at_ms` after the first sample ever fed."""

    at_ms: int


@dataclass(frozen=True, slots=True)
class SpeechStopped:
    """The silence that ends a turn was complete `at_ms` after the first sample ever fed."""

    at_ms: int


class Vad:
    """Feed it samples in any portions; it remembers the rest of a frame."""

    def __init__(self, settings: VadSettings, *, rate: int = 24_000, start_ms: int = 0) -> None:
        self._settings = settings
        self._frame = rate * FRAME_MS // 1000
        self._rest: NDArray[np.int16] = np.zeros(0, np.int16)
        self._at_ms = start_ms
        self._noise_db = -70.0
        self._loud = 0
        self._quiet = 0
        self.speaking = False

    def feed(self, samples: NDArray[np.int16]) -> list[SpeechStarted | SpeechStopped]:
        """Return what began and ended in these samples, in order."""
        data = np.concatenate((self._rest, samples))
        count = len(data) // self._frame
        self._rest = data[count * self._frame :]
        frames = data[: count * self._frame].reshape(count, self._frame).astype(np.float32)
        power = np.mean(np.square(frames), axis=1) / 32768.0**2
        changes = []
        for level in 10.0 * np.log10(power + 1e-10):
            self._at_ms += FRAME_MS
            change = self._step(float(level))
            if change is not None:
                changes.append(change)
        return changes

    def _step(self, level: float) -> SpeechStarted | SpeechStopped | None:
        needed = max(self._settings.onset_db, self._noise_db + _ABOVE_NOISE_DB)
        if self.speaking:
            self._quiet = 0 if level > needed - _HYSTERESIS_DB else self._quiet + 1
            if self._quiet * FRAME_MS < self._settings.silence_ms:
                return None
            self.speaking, self._loud = False, 0
            return SpeechStopped(self._at_ms)
        if level > needed:
            self._loud += 1
            if self._loud < _ONSET_FRAMES:
                return None
            self.speaking, self._quiet = True, 0
            return SpeechStarted(self._at_ms - _ONSET_FRAMES * FRAME_MS)
        self._loud = 0
        # noise falls at once and rises slowly, so that a word does not raise it
        rising = min(level, self._noise_db + _NOISE_RISE_DB)
        self._noise_db = min(rising, _LOUDEST_NOISE_DB)
        return None
