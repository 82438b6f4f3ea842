"""When a business is open."""

from datetime import date, datetime

import pytest
from pydantic import ValidationError

from shared.profiles.hours import Hours, Span

HOURS = Hours.model_validate(
    {
        "monday": "09:00-12:00, 14:00-18:00",
        "tuesday": ["9:00-12:00", "14:00-18:00"],
        "saturday": "10:00-24:00",
        "closed": [date(2026, 12, 1)],
    }
)


@pytest.mark.parametrize(
    ("moment", "closes", "opens"),
    [
        # a Monday
        ("2026-11-30 08:59", None, "2026-11-30 09:00"),
        ("2026-11-30 09:00", "2026-11-30 12:00", "2026-11-30 14:00"),
        ("2026-11-30 11:59", "2026-11-30 12:00", "2026-11-30 14:00"),
        ("2026-11-30 12:00", None, "2026-11-30 14:00"),
        # the day after is closed, and nothing else is named before Saturday
        ("2026-11-30 18:00", None, "2026-12-05 10:00"),
        ("2026-12-01 10:00", None, "2026-12-05 10:00"),
        ("2026-12-05 23:59", "2026-12-06 00:00", "2026-12-07 09:00"),
    ],
)
def test_it_is_told_whether_it_is_open_and_until_when(
    moment: str, closes: str | None, opens: str | None
) -> None:
    """By the business's clock; the closing minute does not belong to it."""
    local = datetime.fromisoformat(moment)
    found = HOURS.closes_at(local)
    assert (found and f"{found:%Y-%m-%d %H:%M}") == closes
    assert HOURS.is_open(local) == (closes is not None)
    next_opening = HOURS.opens_at(local)
    assert (next_opening and f"{next_opening:%Y-%m-%d %H:%M}") == opens


def test_who_never_opens_has_no_next_time() -> None:
    """Two weeks are looked at."""
    assert Hours().opens_at(datetime(2026, 11, 30)) is None  # noqa: DTZ001 - likewise


def test_days_alike_are_told_together() -> None:
    """As a sign at a door does."""
    assert list(HOURS.lines()) == [
        "Monday to Tuesday: 09:00-12:00 and 14:00-18:00",
        "Wednesday to Friday: closed",
        "Saturday: 10:00-24:00",
        "Sunday: closed",
        "Closed on 2026-12-01",
    ]
    assert list(Hours().lines()) == ["Monday to Sunday: closed"]


def test_they_are_written_as_they_are_read() -> None:
    """A profile that is shown can be a file."""
    assert Hours.model_validate(HOURS.model_dump(mode="json")) == HOURS
    assert HOURS.model_dump(mode="json")["monday"] == "09:00-12:00, 14:00-18:00"


def test_what_was_read_may_be_given_again() -> None:
    """A profile that is copied keeps its hours."""
    assert Hours(monday=(Span(540, 600),)).monday == (Span(540, 600),)


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ("nine to five", "times such as"),
        (540, "times such as"),
        ("09:00-08:00", "end after it begins"),
        ("09:00-09:00", "end after it begins"),
        ("09:60-10:00", "times of one day"),
        ("09:00-10:75", "times of one day"),
        ("09:00-24:01", "times of one day"),
        ("14:00-18:00, 09:00-12:00", "follow each other"),
        ("09:00-12:00, 11:00-13:00", "follow each other"),
    ],
)
def test_what_is_no_time_is_refused(given: object, said: str) -> None:
    """Each with a sentence that says how it is written."""
    with pytest.raises(ValidationError, match=said):
        Hours.model_validate({"monday": given})
