"""How much of a text was heard when its speech was cut off."""

import pytest

from agents.media.bridge.heard import heard_part


@pytest.mark.parametrize(
    ("heard_ms", "whole_ms", "words"),
    [
        (0, 1000, ""),
        (-5, 1000, ""),
        (100, 1000, ""),
        (500, 1000, "one two"),
        (550, 1000, "one two"),
        (999, 1000, "one two three"),
        (1000, 1000, "one two three four"),
        (2000, 1000, "one two three four"),
        # nobody knows how long the whole was: fifteen letters a second
        (500, None, "one two"),
        (1300, None, "one two three four"),
        (500, 0, "one two"),
    ],
)
def test_a_word_that_was_not_finished_was_not_heard(
    heard_ms: float, whole_ms: float | None, words: str
) -> None:
    """In proportion to the letters."""
    assert heard_part("one two three four", heard_ms, whole_ms) == words


def test_a_single_word_is_heard_or_not() -> None:
    """Without a space there is nothing between."""
    assert heard_part("Bonjour", 400, 500) == ""
    assert heard_part("Bonjour", 500, 500) == "Bonjour"
    assert heard_part("", 500, None) == ""
