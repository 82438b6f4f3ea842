"""A recording talks on; a person says hello and waits."""

import pytest

from agents.media.first_speech import FirstSpeech


@pytest.mark.parametrize(
    ("speech", "lasted"),
    [
        ([(0.5, 1.2)], None),
        ([(0.5, 9.0)], 8.5),
        # sentence after sentence
        ([(0.5, 3.0), (3.4, 6.0), (6.9, 8.0)], 7.5),
        # hello, and an answer is waited for
        ([(0.5, 1.2), (3.2, 12.0)], None),
        # told once
        ([(0.0, 8.0), (8.2, 16.0)], 8.0),
        ([], None),
    ],
)
def test_first_words_that_go_on_are_noticed(
    speech: list[tuple[float, float]], lasted: float | None
) -> None:
    """At the end of the sentence with which they become long."""
    first, told = FirstSpeech(), []
    for began, ended in speech:
        told.append(first.take({"type": "input_audio_buffer.speech_started"}, began))
        told.append(first.take({"type": "input_audio_buffer.speech_stopped"}, ended))
    if not speech:
        told.append(first.take({"type": "input_audio_buffer.speech_stopped"}, 99.0))
    found = [one for one in told if one is not None]
    assert found == ([] if lasted is None else [pytest.approx(lasted)])
