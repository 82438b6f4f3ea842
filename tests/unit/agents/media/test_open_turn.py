"""What OpenAI says that a response has used."""

from typing import Any

import pytest

from agents.media.open_turn import tokens_of, transcribed_s


def usage(**given: Any) -> dict[str, Any]:
    return {
        "input_token_details": {"text_tokens": 500, "audio_tokens": 100, **given},
        "output_token_details": {"text_tokens": 30, "audio_tokens": 80},
    }


@pytest.mark.parametrize(
    ("given", "text", "audio"),
    [
        ({}, (500, 0), (100, 0)),
        ({"cached_tokens_details": {"text_tokens": 448, "audio_tokens": 64}}, (52, 448), (36, 64)),
        ({"cached_tokens": 448}, (52, 448), (100, 0)),
        ({"cached_tokens": 564}, (0, 500), (36, 64)),
        ({"cached_tokens": "many"}, (500, 0), (100, 0)),
    ],
)
def test_what_is_cached_is_counted_apart(
    given: dict[str, Any], text: tuple[int, int], audio: tuple[int, int]
) -> None:
    """It costs a tenth, or an eightieth."""
    tokens = tokens_of(usage(**given))
    assert (tokens["text_in"], tokens["text_cached"]) == text
    assert (tokens["audio_in"], tokens["audio_cached"]) == audio
    assert (tokens["text_out"], tokens["audio_out"]) == (30, 80)


@pytest.mark.parametrize("told", [None, "much", {}, {"input_token_details": 3}])
def test_a_usage_of_an_odd_shape_is_none(told: object) -> None:
    """Nothing is guessed."""
    assert not any(tokens_of(told).values())


@pytest.mark.parametrize(
    ("told", "seconds"),
    [
        ({"type": "duration", "seconds": 2.25}, 2.25),
        ({"type": "duration"}, 1.5),
        ({"type": "tokens", "total_tokens": 20}, 1.5),
        (None, 1.5),
    ],
)
def test_what_was_transcribed_is_as_long_as_the_speech(told: object, seconds: float) -> None:
    """Unless OpenAI says how long it was."""
    assert transcribed_s(told, 1.5) == seconds
