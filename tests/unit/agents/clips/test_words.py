"""Whether OpenAI said what it was to say."""

import pytest

from agents.clips.words import are_same_words


@pytest.mark.parametrize(
    ("wanted", "said", "same"),
    [
        ("One moment, please.", "One moment please", True),
        ("One moment, please.", "one moment — please!", True),
        ("I'm sorry.", "I’m sorry", True),
        ("Êtes-vous toujours là ?", "êtes vous toujours là", True),
        ("Einen Moment bitte.", "Einen Moment bitte. Ich bin gleich da.", False),
        ("One moment, please.", "Sure! One moment, please.", False),
        ("One moment, please.", "", False),
    ],
)
def test_only_the_words_count(wanted: str, said: str, same: bool) -> None:
    """What is not heard is not compared; a word more is one too many."""
    assert are_same_words(wanted, said) is same
