"""Which calls somebody looks for."""

import pytest

from shared.call.wanted import EVERY_CALL, QUERY, Wanted


def test_nothing_asked_is_every_call() -> None:
    """Left out or empty, a condition says nothing."""
    assert Wanted.asked({}) == Wanted.asked(dict.fromkeys(QUERY, "")) == EVERY_CALL
    assert EVERY_CALL.columns() == {}


def test_conditions_are_columns() -> None:
    """By the names that the rows have."""
    wanted = Wanted.asked({"status": "failed", "reason": "media-timeout", "q": "Zoë"})
    assert wanted.columns() == {"status": "failed", "end_reason": "media-timeout"}
    assert wanted.text == "Zoë"


@pytest.mark.parametrize("name", QUERY)
def test_a_long_word_is_refused_by_its_name(name: str) -> None:
    """Before the database is asked."""
    with pytest.raises(ValueError, match=f"^{name} must have 100 characters at most"):
        Wanted.asked({name: "x" * 101})


@pytest.mark.parametrize(
    ("text", "search"),
    [
        ("Zoë O'Neil", """caller_name.ilike.%Zoë_O_Neil%"""),
        ("+1 555-0123", "caller_name.ilike.%_1_555-0123%,caller_phone.like.%15550123"),
        ("12", "caller_name.ilike.%12%"),
        # nothing that is typed ends a quotation, or stands for many characters
        ('a"),id.gt.(*%\\', "caller_name.ilike.%a___id_gt_____%"),
        (
            "5F6e2b1c-7f",
            "caller_name.ilike.%5F6e2b1c-7f%,"
            "and(id.gte.5f6e2b1c-7f00-0000-0000-000000000000,"
            "id.lte.5f6e2b1c-7fff-ffff-ffff-ffffffffffff)",
        ),
        ("5f6e2b1c-7f7e4a55", "caller_name.ilike.%5f6e2b1c-7f7e4a55%"),
    ],
)
def test_a_text_is_looked_for_where_it_may_be(text: str, search: str) -> None:
    """In names always; among numbers if it is digits, among ids if it may begin one."""
    assert Wanted(text=text).search() == search


@pytest.mark.parametrize("name", QUERY)
def test_what_no_text_has_is_refused_by_its_name(name: str) -> None:
    """PostgreSQL would refuse a NUL, and that would look like its fault."""
    with pytest.raises(ValueError, match=f"{name} must not have"):
        Wanted.asked({name: "a\x00b"})
