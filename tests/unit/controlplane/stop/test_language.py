"""Tables of words."""

import pytest

from controlplane.stop.language import Part, read_language


def test_a_table_is_read() -> None:
    """Lines go on where they are indented; phrases are compared as texts are."""
    language = read_language("xx", "alone: Arrêt | n'appelez\n  pas\ncalls: Ring me")
    assert language.phrases["arret",] == {Part.ALONE}
    assert language.phrases["n", "appelez"] == {Part.ALONE}
    assert language.phrases["pas",] == {Part.ALONE}
    assert language.longest["ring"] == 2


def test_what_is_written_without_spaces_is_taken_apart() -> None:
    """A phrase is its characters."""
    language = read_language("zh", "denies: 不要", is_spaced=False)
    assert language.phrases["不", "要"] == {Part.DENIES}
    assert language.units(("不要", "ab")) == ("不", "要", "a", "b")


@pytest.mark.parametrize(
    ("table", "says"),
    [("stop | halt", "begins with the name"), ("alone: stop | ?!", "without a letter"),
     ("shouts: stop", "shouts")],
)  # fmt: skip
def test_a_table_with_a_mistake_is_refused(table: str, says: str) -> None:
    """Whoever adds a language learns what is wrong."""
    with pytest.raises(ValueError, match=says):
        read_language("xx", table)
