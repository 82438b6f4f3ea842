"""An ear for tones."""

import numpy as np

from simulators.phone.recording import Pcm


def strongest_hz(pcm: Pcm, rate: int) -> float:
    """Find the strongest frequency; 0 if it is silence."""
    if not len(pcm) or np.abs(pcm).mean() < 300:
        return 0.0
    spectrum = np.abs(np.fft.rfft(pcm * np.hanning(len(pcm))))
    return float(np.argmax(spectrum) * rate / len(pcm))
