"""Noise on a telephone line, made the same each time: hum, a street, somebody else in the room."""

import numpy as np
from numpy.typing import NDArray

RATE = 24_000
Sound = NDArray[np.int16]


def _at(samples: NDArray[np.float64], dbfs: float) -> Sound:
    """Bring to a level, in dB below full scale (RMS)."""
    level = np.sqrt(np.mean(np.square(samples)))
    scaled = samples / level * 10 ** (dbfs / 20) * 32768
    sound: Sound = np.clip(np.round(scaled), -32768, 32767).astype(np.int16)
    return sound


def _low_passed(samples: NDArray[np.float64], width: int) -> NDArray[np.float64]:
    return np.convolve(samples, np.ones(width) / width, "same")


def hum(seconds: float, dbfs: float) -> Sound:
    """Mains and a fan: 50 Hz with harmonics."""
    time = np.arange(int(seconds * RATE)) / RATE
    tones = [np.sin(2 * np.pi * 50 * n * time) / n for n in range(1, 6)]
    return _at(np.sum(tones, axis=0), dbfs)


def street(seconds: float, dbfs: float) -> Sound:
    """Traffic: a rumble that swells each few seconds, as cars pass."""
    draw = np.random.default_rng(7)
    time = np.arange(int(seconds * RATE)) / RATE
    rumble = _low_passed(draw.standard_normal(len(time)), 24)
    swell = 0.6 + 0.4 * np.sin(2 * np.pi * time / 3.7) ** 2
    return _at(rumble * swell, dbfs)


def far_voice(seconds: float, dbfs: float) -> Sound:
    """Somebody who talks further off: a buzz in syllables, four a second, with pauses."""
    draw = np.random.default_rng(11)
    time = np.arange(int(seconds * RATE)) / RATE
    pitch = 120 + 15 * np.sin(2 * np.pi * 0.7 * time)
    phase = 2 * np.pi * np.cumsum(pitch) / RATE
    buzz = np.sum([np.sin(n * phase) / n for n in range(1, 12)], axis=0)
    syllables = np.clip(np.sin(2 * np.pi * 4 * time), 0, 1) ** 0.5
    phrases = (np.sin(2 * np.pi * time / 2.9) > -0.4).astype(float)
    breath = 0.02 * draw.standard_normal(len(time))
    return _at(buzz * syllables * phrases + breath, dbfs)
