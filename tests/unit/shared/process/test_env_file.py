"""`.env` and its like: what is read, and what is a sentence."""

from pathlib import Path

import pytest

from shared.process.env_file import EnvFileUnreadable, read_env_file


def test_variables_are_read_as_they_are_written(tmp_path: Path) -> None:
    """Without interpolation, empty ones left out, a mark of the encoding ignored."""
    file = tmp_path / ".env"
    file.write_text("A=x${B}\nB='ü'\nC=\n", "utf-8-sig")
    assert read_env_file(file) == {"A": "x${B}", "B": "ü"}


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"NAME=B\xe4ckerei", "not UTF-8"),
        ("NAME=x".encode("utf-16"), "not UTF-8"),
        (b"NAME=a\x00b", "NUL"),
        (None, "cannot be read"),
    ],
    ids=["latin-1", "utf-16", "nul", "missing"],
)
def test_a_file_that_is_none_is_a_sentence_that_names_it(
    tmp_path: Path, content: bytes | None, said: str
) -> None:
    """And shows nothing of what is in it."""
    file = tmp_path / ".env"
    if content is not None:
        file.write_bytes(content)
    with pytest.raises(EnvFileUnreadable, match=said) as caught:
        read_env_file(file)
    assert str(caught.value).startswith(".env ")
    assert "ckerei" not in str(caught.value)
    # no cause that a traceback would show with the file's bytes
    assert caught.value.__suppress_context__ or caught.value.__context__ is None
