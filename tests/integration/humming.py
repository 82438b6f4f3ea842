"""A simulated phone that hums, and an ear for tones."""

import numpy as np

from simulators.phone.phone import Phone
from simulators.phone.recording import Pcm

TONE_HZ = 880
_RATE = 16_000


class HummingPhone(Phone):
    """A phone whose user hums."""

    def hum(self, seconds: float = 60) -> None:
        """Send a tone from now on."""
        wave = np.sin(2 * np.pi * TONE_HZ * np.arange(int(_RATE * seconds)) / _RATE)
        self.say_soon((8000 * wave).astype(np.int16), _RATE)
        self.answered()

    def heard_hz(self, last_s: float = 0.3) -> float:
        """Return the strongest frequency of what was heard last; 0 for silence."""
        end = self.heard.duration_s
        return strongest_hz(self.heard.read(end - last_s, end), self.heard.rate)


def strongest_hz(pcm: Pcm, rate: int) -> float:
    """Find the strongest frequency; 0 if it is silence."""
    if not len(pcm) or np.abs(pcm).mean() < 300:
        return 0.0
    spectrum = np.abs(np.fft.rfft(pcm * np.hanning(len(pcm))))
    return float(np.argmax(spectrum) * rate / len(pcm))
