"""What may be ordered from the simulator, and the sentence for what may not."""

from enum import StrEnum
from typing import Any

import pytest

from simulators.meta import wishes


class Colour(StrEnum):
    """Words of a test."""

    RED = "red"
    BLUE = "blue"


KEYS = {
    "text": wishes.text(needed=True),
    "say": wishes.sentences(),
    "stays": wishes.yes_no(),
    "after_s": wishes.number(),
    "colour": wishes.one_of(Colour, or_null=True),
}


@pytest.mark.parametrize(
    "wish",
    [
        {"text": "Hi"},
        {"text": "Hi", "say": "Hello.", "stays": False, "after_s": 1, "colour": "red"},
        {"text": "Hi", "say": ["Hello.", "Bye."], "after_s": 0.5, "colour": None},
        {"text": "Hi", "say": []},
    ],
)
def test_what_fits_is_taken_as_it_is(wish: dict[str, Any]) -> None:
    """Nothing is changed."""
    assert wishes.check(wish, KEYS) == wish


@pytest.mark.parametrize(
    ("wish", "said"),
    [
        ({"body": "Hi"}, "there is no key 'body' here; known: text, say, stays, after_s, colour"),
        ({"text": "Hi", "Say": "x"}, "there is no key 'Say' here"),
        ({}, "the key 'text' is missing: a text, such as"),
        ({"text": ""}, "'text' must be a text"),
        ({"text": 5}, "'text' must be a text"),
        ({"text": None}, "'text' must be a text"),
        ({"text": "Hi", "say": 5}, "'say' must be a sentence or a list of sentences"),
        ({"text": "Hi", "say": ["x", 5]}, "'say' must be a sentence or a list of sentences"),
        ({"text": "Hi", "stays": "false"}, "'stays' must be true or false"),
        ({"text": "Hi", "stays": 0}, "'stays' must be true or false"),
        ({"text": "Hi", "after_s": "1"}, "'after_s' must be a number"),
        ({"text": "Hi", "after_s": True}, "'after_s' must be a number"),
        ({"text": "Hi", "after_s": float("nan")}, "'after_s' must be a number"),
        ({"text": "Hi", "colour": "green"}, "'colour' must be one of red, blue, or null"),
        ({"text": "Hi", "colour": ["red"]}, "'colour' must be one of red, blue, or null"),
        ([], "the body must be a JSON object"),
        (None, "the body must be a JSON object"),
        ("text", "the body must be a JSON object"),
    ],
)
def test_what_does_not_fit_is_a_sentence(wish: Any, said: str) -> None:
    """It names the key, and what would fit."""
    with pytest.raises(ValueError, match=r".") as caught:
        wishes.check(wish, KEYS)
    assert str(caught.value).startswith(said)


def test_where_nothing_is_taken_that_is_said() -> None:
    """Instead of an empty list."""
    with pytest.raises(ValueError, match="there is no key 'x' here; none is taken"):
        wishes.check({"x": 1}, {})
