"""YAML as plain data, with lines."""

import pytest

from shared.profiles.document import NotYaml, read_document


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("no", "no"),
        ("off", "off"),
        ("yes", "yes"),
        ("09:00", "09:00"),
        ("2026-12-25", "2026-12-25"),
        ("true", True),
        ("FALSE", False),
        ("~", None),
        ("", None),
        ("12", 12),
        ("-3", -3),
        ("0.5", 0.5),
        (".5", 0.5),
        ("1e3", 1000.0),
        ("1e999", "1e999"),
        ("0x1F", "0x1F"),
        ("1_000", "1_000"),
        ("=", "="),
        ("'12'", "12"),
        ('"true"', "true"),
        (">-\n  12\n", "12"),
        ("[1, two]", [1, "two"]),
        ("{a: 1}", {"a": 1}),
    ],
)
def test_words_are_what_people_take_them_for(written: str, read: object) -> None:
    """YAML 1.2's core: Norwegian is a language, and nine o'clock a time."""
    assert read_document(f"field: {written}").data == {"field": read}


@pytest.mark.parametrize(
    ("text", "line", "said"),
    [
        ("a: 1\nb: [", 2, "not YAML"),
        ("a: 1\n\tb: 2", 2, "not YAML"),
        ("a: 1\nb: 2\na: 3", 3, "`a` stands there twice"),
        ("a: 1\nb: *c", 2, "not YAML"),
        ("a: 1\n---\nb: 2", 2, "another document"),
        ("a: !!python/object:os.system x", 1, "no kind of value"),
        ("a: !!binary x", 1, "no kind of value"),
        ("a: 1\n? [x]\n: 2", 2, "a field's name must be a word"),
        ("?", 1, "a field's name must be a word"),
        ("a: &x\n  b: *x", 1, "contains itself"),
        ("- a", 1, "`name: value`"),
        ("word", 1, "`name: value`"),
        ("", 1, "`name: value`"),
        ("a: \x00", None, "no text has"),
        ("a: " + "[" * 1500, None, "too deep"),
        ("a: " + "[" * 60 + "]" * 60, 1, "too many parts"),
        (
            "a: &a [x, x, x, x, x, x, x, x, x, x]\n"
            "b: &b [*a, *a, *a, *a, *a, *a, *a, *a, *a, *a]\n"
            "c: &c [*b, *b, *b, *b, *b, *b, *b, *b, *b, *b]\n"
            "d: &d [*c, *c, *c, *c, *c, *c, *c, *c, *c, *c]\n"
            "e: [*d, *d, *d, *d, *d, *d, *d, *d, *d, *d]\n",
            1,
            "too many parts",
        ),
    ],
)
def test_what_is_no_yaml_is_told_with_its_line(text: str, line: int | None, said: str) -> None:
    """No half of a file is used, and none takes the process along."""
    with pytest.raises(NotYaml, match=said) as caught:
        read_document(text)
    assert caught.value.line == line


def test_every_part_knows_its_line() -> None:
    """Of what is not there, the line of what it would stand in."""
    document = read_document("a: 1\nb:\n  - c: 2\n    d: 3\n  - c: 4\n")
    assert document.line_of(("a",)) == 1
    assert document.line_of(("b", 0, "d")) == 4
    assert document.line_of(("b", 1, "d")) == 5
    assert document.line_of(("b", 7)) == 2
    assert document.line_of(("x",)) == 1
