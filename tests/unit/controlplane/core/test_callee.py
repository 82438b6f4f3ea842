"""Numbers, countries and clocks of whom we call."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from controlplane.core.callee import (
    CallHours,
    ImpossibleNumber,
    billed_number_of,
    country_of,
    read_callee,
    zones_of,
)
from shared.call.person import Person

AMSTERDAM = ZoneInfo("Europe/Amsterdam")
HOURS = CallHours("Mon-Fri 09:00-18:00; Sat 10:00-14:00")


def utc(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


@pytest.mark.parametrize(
    ("text", "person"),
    [
        ("+15551234567", Person(phone="15551234567")),
        ("0015551234567", Person(phone="15551234567")),
        ("00 31 6 12345678", Person(phone="31612345678")),
        ("011 1 555 123 4567", Person(phone="15551234567")),
        ("011-44-20-7946-0958", Person(phone="442079460958")),
        # a zero that is dialed at home only
        ("+44 (0)20 7946 0958", Person(phone="442079460958")),
        # both spellings of a number stay as they were written
        ("+553188887777", Person(phone="553188887777")),
        ("+5531988887777", Person(phone="5531988887777")),
        ("+5215512345678", Person(phone="5215512345678")),
        ("+541112345678", Person(phone="541112345678")),
        ("+22507123456", Person(phone="22507123456")),
        ("+22997123456", Person(phone="22997123456")),
        ("+841681234567", Person(phone="841681234567")),
        (" +31 6 1234-5678 ", Person(phone="31612345678")),
        ("+49 (1512) 345.6789", Person(phone="4915123456789")),
        # a leading zero of the national number belongs to it in Italy
        ("+39 02 12345678", Person(phone="390212345678")),
        ("US.13491208655302741918", Person(user_id="US.13491208655302741918")),
        ("US.ENT.1349", Person(user_id="US.ENT.1349")),
    ],
)
def test_a_callee_is_read_as_operators_write(text: str, person: Person) -> None:
    """After +, 00 or 011, with what people put between the digits; or an id."""
    assert read_callee(text) == person


@pytest.mark.parametrize(
    ("person", "digits"),
    [
        (Person(phone="919876543210", user_id="US.1"), "919876543210"),
        (Person(user_id="IN.1"), "91"),
        (Person(user_id="ZZ.1"), None),
    ],
)
def test_a_call_is_billed_by_the_callees_country(person: Person, digits: str | None) -> None:
    """A hidden number's id tells it as well."""
    assert billed_number_of(person) == digits


@pytest.mark.parametrize(
    "text",
    ["", "+", "hello", "+999123", "+011 1 555 123 4567", "+1555123456789012345", "us.1", "US.",
     "+1+5551234567", "+١٥٥٥١٢٣٤٥٦٧"],
)  # fmt: skip
def test_nonsense_is_refused_without_repeating_it(text: str) -> None:
    """The sentence says what is wanted."""
    with pytest.raises(ValueError, match=r"\+15551234567") as caught:
        read_callee(text)
    assert len(text) < 4 or text not in str(caught.value)


@pytest.mark.parametrize(
    "text",
    [
        "15551234567",  # told by Meta or typed at home: who knows
        "2125550123",  # New York's, and +21 255... is no country
        "2015550123",  # New Jersey's, and Egypt's
        "(555) 123-4567",  # and Brazil's
        "5551234567",
        "0201 234 5678",
        "031 88887777",
        "07911 123456",
        "61234567",
    ],
)
def test_a_number_without_its_country_code_is_refused(text: str) -> None:
    """The sentence says why, and how to write it."""
    with pytest.raises(ValueError, match=r"no country code: write \+ .* any country's"):
        read_callee(text)


@pytest.mark.parametrize(
    "text",
    ["011 4321 5678", "011 784 1234", "011 23456789", "011 9 1234 5678", "011298123456"],
)
def test_011_is_read_only_where_it_can_be_no_area_code(text: str) -> None:
    """Buenos Aires, Johannesburg, New Delhi, Sao Paulo; the Faroe Islands pay for it."""
    with pytest.raises(ValueError, match=r"may be an area code: write \+"):
        read_callee(text)


@pytest.mark.parametrize("text", ["+1555123456", "+2125550123", "+5255123456", "0015551234"])
def test_a_number_that_its_country_cannot_have_is_told_from_nonsense(text: str) -> None:
    """Who it would be is known: Meta may have told of them, and the tables may be old."""
    with pytest.raises(ImpossibleNumber, match="more or fewer digits") as caught:
        read_callee(text)
    assert caught.value.person.phone == text.removeprefix("00").removeprefix("+")


@pytest.mark.parametrize(
    ("phone", "country"),
    [("12125551234", "US"), ("14165551234", "CA"), ("18765551234", "JM"), ("31612345678", "NL"),
     ("2348031234567", "NG"), ("15551234567", None), ("nonsense", None),
     ("5215512345678", "MX"), ("553188887777", "BR"), ("22507123456", "CI"), ("12", None)],
)  # fmt: skip
def test_a_number_has_a_country(phone: str, country: str | None) -> None:
    """Within +1 the area code decides; 555 is nowhere."""
    assert country_of(phone) == country


def test_a_number_has_clocks() -> None:
    """The number decides, then the id's country; a large country has several."""
    assert zones_of(Person(phone="31612345678", user_id="US.1")) == (AMSTERDAM,)
    assert zones_of(Person(user_id="NL.1")) == (AMSTERDAM,)
    assert zones_of(Person(phone="12125551234")) == (ZoneInfo("America/New_York"),)
    assert {zone.key for zone in zones_of(Person(phone="15551234567"))} >= {
        "America/New_York",
        "Pacific/Honolulu",
    }
    assert zones_of(Person(user_id="ZZ.1")) == ()
    assert zones_of(Person(phone="5215512345678")) == (ZoneInfo("America/Mexico_City"),)


@pytest.mark.parametrize(
    ("now", "opens"),
    [
        ("2026-11-23T07:59:59", "2026-11-23T08:00:00"),  # Monday, 08:59:59 in Amsterdam
        ("2026-11-23T08:00:00", "2026-11-23T08:00:00"),
        ("2026-11-23T16:59:59", "2026-11-23T16:59:59"),
        ("2026-11-23T17:00:00", "2026-11-24T08:00:00"),
        ("2026-11-27T17:00:00", "2026-11-28T09:00:00"),  # Friday evening -> Saturday
        ("2026-11-28T13:00:00", "2026-11-30T08:00:00"),  # Saturday -> Monday
        ("2026-03-28T13:00:00", "2026-03-30T07:00:00"),  # the clocks go forward in between
    ],
)
def test_the_hours_are_the_callees(now: str, opens: str) -> None:
    """To the second, over the weekend and over a change of the clocks."""
    assert HOURS.next_open([AMSTERDAM], utc(now)) == utc(opens)


def test_all_clocks_must_agree() -> None:
    """Who may live in either place is called when it is day in both."""
    zones = [AMSTERDAM, ZoneInfo("America/New_York")]
    assert HOURS.next_open(zones, utc("2026-11-23T09:00:00")) == utc("2026-11-23T14:00:00")
    assert (
        HOURS.next_open([AMSTERDAM, ZoneInfo("Pacific/Auckland")], utc("2026-11-23T09:00")) is None
    )


def test_without_a_clock_nobody_knows() -> None:
    """Closed, unless there are no hours at all."""
    now = utc("2026-11-23T09:00:00")
    assert HOURS.next_open([], now) is None
    assert CallHours("always").next_open([], now) == now


def test_an_evening_may_last_until_midnight_and_a_week_may_wrap() -> None:
    """24:00 is the end of the day; Sat-Mon is three days."""
    hours = CallHours("Sat-Mon 20:00-24:00")
    assert hours.next_open([ZoneInfo("UTC")], utc("2026-11-23T23:59:59")) == utc(
        "2026-11-23T23:59:59"
    )
    assert hours.next_open([ZoneInfo("UTC")], utc("2026-11-24T00:00:00")) == utc(
        "2026-11-28T20:00:00"
    )


@pytest.mark.parametrize(
    "text",
    ["", ";", "9-5", "Mon 9:00-17:00", "Foo 09:00-17:00", "Mon-Foo 09:00-17:00",
     "Mon 17:00-09:00", "Mon 09:00-09:00", "Mon 09:00-25:00"],
)  # fmt: skip
def test_malformed_hours_are_refused(text: str) -> None:
    """At the start of the process, not at the first call."""
    with pytest.raises(ValueError, match="h"):
        CallHours(text)
