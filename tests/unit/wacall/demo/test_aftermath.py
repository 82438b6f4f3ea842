"""What is read out of a call's recording."""

from pathlib import Path

import numpy as np
import pytest

from simulators.phone.recording import Timeline, write_stereo
from wacall.demo.aftermath import look_into
from wacall.demo.evidence import Utterance


def test_a_recording_is_looked_into(tmp_path: Path) -> None:
    """Sound counts per channel, and whether it lies where that side spoke."""
    noise = np.random.default_rng(1).integers(-9000, 9000, 48_000).astype(np.int16)
    left, right = Timeline(48_000), Timeline(48_000)
    left.write(48_000 * 4, noise)
    right.write(48_000 * 1, noise)
    right.write(48_000 * 7, noise)
    path = tmp_path / "call.wav"
    write_stereo(path, left, right)
    spoken = [Utterance(text="", start_s=4, end_s=5)]
    heard = [Utterance(text="", start_s=1, end_s=2)]

    found = look_into(path, spoken, heard)

    assert found is not None
    assert (found.channels, round(found.left_s), round(found.right_s)) == (2, 1, 2)
    assert found.left_in_place == 1.0
    assert found.right_in_place == pytest.approx(0.5, abs=0.05)
    assert look_into(tmp_path / "none.wav", spoken, heard) is None
