"""The simulator's voice detector and its input buffer."""

import base64

import numpy as np
import pytest

from simulators.openai.errors import RealtimeRefusal
from simulators.openai.input_audio import InputAudio, decode_audio
from simulators.openai.vad import SpeechStarted, SpeechStopped, Vad, VadSettings

RATE = 24_000


def tone(ms: int, level_db: float = -15.0) -> np.ndarray:
    time = np.arange(RATE * ms // 1000) / RATE
    amplitude = 32767 * 2**0.5 * 10 ** (level_db / 20)
    return (amplitude * np.sin(2 * np.pi * 300 * time)).astype(np.int16)


def silence(ms: int) -> np.ndarray:
    return np.zeros(RATE * ms // 1000, np.int16)


def changes(settings: VadSettings, sound: np.ndarray, portion_ms: int = 100):
    vad, size = Vad(settings, rate=RATE), RATE * portion_ms // 1000
    return [c for at in range(0, len(sound), size) for c in vad.feed(sound[at : at + size])]


@pytest.mark.parametrize("portion_ms", [7, 20, 50, 100, 1000])
def test_speech_starts_and_stops_on_time_however_it_is_cut(portion_ms):
    """Onset and end are found on the frame, whatever portions the sound comes in."""
    sound = np.concatenate((silence(400), tone(600), silence(500)))
    settings = VadSettings(silence_ms=220)
    assert changes(settings, sound, portion_ms) == [SpeechStarted(400), SpeechStopped(1220)]


def test_pause_shorter_than_the_silence_does_not_end_a_turn():
    """200 ms of silence within speech is a pause at 220 ms, and an end at 200 ms."""
    sound = np.concatenate((tone(300), silence(200), tone(300), silence(600)))
    assert len(changes(VadSettings(silence_ms=220), sound)) == 2
    assert len(changes(VadSettings(silence_ms=200), sound)) == 4


def test_click_is_no_speech():
    """What is shorter than three frames does not start a turn."""
    assert changes(VadSettings(), np.concatenate((silence(200), tone(40), silence(600)))) == []


@pytest.mark.parametrize(("threshold", "starts"), [(0.3, True), (0.5, True), (0.9, False)])
def test_threshold_decides_about_quiet_voices(threshold, starts):
    """A voice at -30 dBFS passes a threshold of 0.5 and not one of 0.9."""
    found = changes(VadSettings(threshold=threshold), tone(400, level_db=-30))
    assert bool(found) is starts


def test_steady_noise_is_no_speech():
    """The noise of a bad line at -45 dBFS raises the bar instead of starting a turn."""
    noise = np.random.default_rng(1).normal(0, 32767 * 10 ** (-45 / 20), RATE * 3)
    assert changes(VadSettings(threshold=0.45), noise.astype(np.int16)) == []


def test_buffer_keeps_time_while_it_forgets():
    """Times are those of the session, however much was cut away before."""
    audio = InputAudio()
    audio.append(silence(1000))
    audio.forget_before(600)
    audio.append(tone(500))
    assert (audio.start_ms, audio.end_ms) == (600, 1500)
    assert len(audio.cut(900, 1200)) == RATE * 300 // 1000
    assert (audio.start_ms, audio.end_ms) == (1200, 1500)


def test_commit_of_too_little_is_refused():
    """OpenAI wants at least 100 ms in a commit."""
    audio = InputAudio()
    audio.append(tone(80))
    with pytest.raises(RealtimeRefusal) as refused:
        audio.commit()
    assert refused.value.code == "input_audio_buffer_commit_empty"


@pytest.mark.parametrize("sent", [None, 5, "no base64!", base64.b64encode(b"odd").decode()])
def test_sound_that_is_none_is_refused(sent):
    """Only base64 of whole 16-bit samples is sound."""
    with pytest.raises(RealtimeRefusal):
        decode_audio(sent)
