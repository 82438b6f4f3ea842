"""Timelines of sound, and the stereo file that two of them make."""

import wave
from pathlib import Path

import numpy as np

from simulators.phone.recording import Pcm, Timeline, read_wav, write_stereo


def tone(hz: int, seconds: float) -> Pcm:
    """Make a sine at 16 kHz."""
    time_s = np.arange(int(16_000 * seconds)) / 16_000
    return (8000 * np.sin(2 * np.pi * hz * time_s)).astype(np.int16)


def test_timeline_grows_and_keeps_silence() -> None:
    """Sound far out leaves silence before it; what lies before the start is cut."""
    timeline = Timeline(100)
    timeline.write(5000, np.ones(10, dtype=np.int16))
    timeline.write(-2, np.full(4, 7, dtype=np.int16))
    assert timeline.duration_s == 50.1
    assert timeline.read(0, 0.04).tolist() == [7, 7, 0, 0]
    assert timeline.read(49.99).tolist() == [0] + [1] * 10


def test_stereo_recording(tmp_path: Path) -> None:
    """Left and right are on one time axis, whatever their rates."""
    left, right = Timeline(16_000), Timeline(48_000)
    left.write(16_000, tone(440, 1))
    right.write(0, np.full(48_000, 99, dtype=np.int16))
    path = tmp_path / "sub" / "call.wav"
    write_stereo(path, left, right)
    with wave.open(str(path)) as file:
        assert (file.getnchannels(), file.getframerate(), file.getnframes()) == (2, 48_000, 96_000)
        frames = np.frombuffer(file.readframes(96_000), dtype=np.int16).reshape(-1, 2)
    # the resampler rings a little around the edge
    assert np.abs(frames[:47_000, 0]).max() < 50
    assert np.abs(frames[48_000:, 0]).max() > 7000
    assert set(frames[:48_000, 1].tolist()) == {99}
    assert not frames[48_000:, 1].any()
    assert read_wav(path)[1] == 48_000
