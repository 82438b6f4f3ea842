"""What noise does to the stand-in for OpenAI's voice detector.

By level alone it cannot tell a second voice from the first, which is why noise is reduced before it
is listened to.
"""

from collections.abc import Callable

import pytest

from simulators.openai.vad import SpeechStarted, Vad, VadSettings
from tests import noise

SECONDS = 20.0
# the caller's own voice is some 20 dB below full scale
QUIET, AUDIBLE = -55, -45


def cuts(sound: noise.Sound, threshold: float) -> int:
    """How often the agent would be cut off."""
    vad = Vad(VadSettings(threshold=threshold, silence_ms=220), rate=noise.RATE)
    return sum(isinstance(change, SpeechStarted) for change in vad.feed(sound))


@pytest.mark.parametrize("threshold", [0.5, 0.7])
@pytest.mark.parametrize("make", [noise.hum, noise.street])
@pytest.mark.parametrize("dbfs", [QUIET, AUDIBLE])
def test_steady_noise_cuts_nobody_off(
    make: Callable[[float, float], noise.Sound], dbfs: float, threshold: float
) -> None:
    """It is learnt as the noise of the line."""
    assert cuts(make(SECONDS, dbfs), threshold) == 0


@pytest.mark.parametrize(
    ("dbfs", "threshold", "times"),
    [(QUIET, 0.5, 0), (AUDIBLE, 0.5, 7), (AUDIBLE, 0.7, 0), (-35, 0.7, 7), (-35, 0.8, 0)],
)
def test_a_second_voice_is_told_by_its_level_alone(
    dbfs: float, threshold: float, times: int
) -> None:
    """A threshold that keeps it out keeps a caller out who speaks as softly."""
    assert cuts(noise.far_voice(SECONDS, dbfs), threshold) == times


def test_noise_is_the_same_each_time() -> None:
    """Or nothing could be compared."""
    for make in (noise.hum, noise.street, noise.far_voice):
        assert (make(1.0, -40) == make(1.0, -40)).all()
