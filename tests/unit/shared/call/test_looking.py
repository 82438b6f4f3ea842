"""What operators tell the agent travels whole, and nothing else is taken for it."""

import pytest

from shared.call.looking import OperatorAct, OperatorWord


@pytest.mark.parametrize("act", list(OperatorAct))
def test_a_word_is_read_as_it_was_written(act: OperatorAct) -> None:
    """Both acts, with words of any script."""
    word = OperatorWord(act=act, text="Zwölf Prozent, نعم")
    assert OperatorWord.read(word.to_bytes()) == word


@pytest.mark.parametrize(
    "data",
    [b"", b"\xff", b"[]", b"7", b"null", b"{}", b'{"act": "sing", "text": ""}',
     b'{"act": "whisper"}', b"[" * 100_000],
)  # fmt: skip
def test_anything_else_is_no_word(data: bytes) -> None:
    """What is malformed, or of an act that we do not know, is nothing."""
    assert OperatorWord.read(data) is None
