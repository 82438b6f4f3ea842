"""Sound on a time axis, and the stereo recording of a call."""

import os
import wave
from pathlib import Path

import numpy as np
import numpy.typing as npt
import soxr

Pcm = npt.NDArray[np.int16]


class Timeline:
    """Mono 16-bit sound that is written at points in time; where nothing was written is silence."""

    def __init__(self, rate: int) -> None:
        self.rate = rate
        self._samples: Pcm = np.zeros(rate * 10, dtype=np.int16)
        self._end = 0

    @property
    def duration_s(self) -> float:
        """Seconds from the start of the axis to the end of the last sound written."""
        return self._end / self.rate

    def write(self, start: int, pcm: Pcm) -> None:
        """Put `pcm` at sample index `start`; what lies before the axis' start is cut off."""
        if start < 0:
            pcm, start = pcm[-start:], 0
        stop = start + len(pcm)
        if stop > len(self._samples):
            grown = np.zeros(max(stop, 2 * len(self._samples)), dtype=np.int16)
            grown[: self._end] = self._samples[: self._end]
            self._samples = grown
        self._samples[start:stop] = pcm
        self._end = max(self._end, stop)

    def read(self, start_s: float = 0.0, stop_s: float | None = None) -> Pcm:
        """Copy the sound between two points in time, in seconds."""
        stop = self._end if stop_s is None else min(self._end, round(stop_s * self.rate))
        return self._samples[max(0, round(start_s * self.rate)) : max(0, stop)].copy()

    def read_at(self, rate: int, start_s: float = 0.0, stop_s: float | None = None) -> Pcm:
        """Like `read`, resampled to `rate`: 16,000 Hz for speech recognition."""
        return resample(self.read(start_s, stop_s), self.rate, rate)


def resample(pcm: Pcm, rate: int, wanted: int) -> Pcm:
    """Change the sample rate of mono 16-bit sound."""
    if rate == wanted or not len(pcm):
        return pcm
    return np.asarray(soxr.resample(pcm, rate, wanted), dtype=np.int16)


def _private(path: str, flags: int) -> int:
    """A recording is what people said: for whoever makes it alone."""
    return os.open(path, flags, 0o600)


def write_stereo(path: Path, left: Timeline, right: Timeline, rate: int = 48_000) -> None:
    """Write a 16-bit stereo .wav of two timelines on one axis (no waiting; use a thread)."""
    channels = [left.read_at(rate), right.read_at(rate)]
    frames = np.zeros((max(len(channel) for channel in channels), 2), dtype=np.int16)
    for index, channel in enumerate(channels):
        frames[: len(channel), index] = channel
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    with open(path, "wb", opener=_private) as target, wave.open(target, "wb") as file:
        file.setnchannels(2)
        file.setsampwidth(2)
        file.setframerate(rate)
        file.writeframes(frames.tobytes())


def read_wav(path: Path) -> tuple[Pcm, int]:
    """Read a 16-bit .wav as mono (first channel) and its sample rate.

    Raises:
        ValueError: the file is not 16-bit PCM.
    """
    with wave.open(str(path), "rb") as file:
        if file.getsampwidth() != 2:
            raise ValueError(f"{path.name} is not a 16-bit .wav; convert it first")
        frames = np.frombuffer(file.readframes(file.getnframes()), dtype=np.int16)
        return frames[:: file.getnchannels()].copy(), file.getframerate()
