"""Texts that say the same, and texts that do not."""

from wacall.demo.words import is_beginning, same_words


def test_words_are_compared_without_spelling() -> None:
    """Case, punctuation and the cut into pieces do not matter; a changed word does."""
    assert same_words(["Hello, I", "am here."], ["hello i am HERE"])
    assert not same_words(["hello i am there"], ["hello i am here"])
    assert is_beginning("Thank you, Mar", "Thank you, Mar tin")
    assert not is_beginning("thank you mar", "thank you martin")
    assert not is_beginning("", "thank you")
