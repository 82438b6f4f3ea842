"""Ogg Opus of a test's own: a tone."""

import io

import av
import numpy as np

_RATE = 48_000


def ogg_tone(seconds: float, hz: float) -> bytes:
    """Encode a tone as a file."""
    wave = np.sin(2 * np.pi * hz * np.arange(int(seconds * _RATE)) / _RATE)
    file = io.BytesIO()
    with av.open(file, "w", format="ogg") as container:
        stream = container.add_stream("libopus", rate=_RATE, layout="mono")
        frame = av.AudioFrame.from_ndarray(
            (wave * 12_000).astype(np.int16)[None, :], format="s16", layout="mono"
        )
        frame.sample_rate = _RATE
        container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    return file.getvalue()
