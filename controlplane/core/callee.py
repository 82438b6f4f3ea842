"""Whom we call: what an operator wrote as a number, its country, its clocks. Pure.

What is known of numbers comes from `phonenumbers`, Google's own tables in Python.
"""

import re
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, time, timedelta
from typing import NamedTuple
from zoneinfo import ZoneInfo

import phonenumbers
from phonenumbers import ValidationResult, timezone

from shared.call.number import number_key
from shared.call.person import Person

_SEPARATORS = re.compile(r"[\s()./-]")
_WRITTEN_NUMBER = re.compile(r"\+?[0-9]+")
_SHORTEST_AFTER_011 = 10
_AN_EXAMPLE = (
    "a phone number with its country code, such as +15551234567, nor a business-scoped user id, "
    "such as US.13491208655302741918"
)
_USER_ID = re.compile(r"([A-Z]{2})\.(ENT\.)?[A-Za-z0-9]{1,128}")
_UNKNOWN_ZONE = "Etc/Unknown"
# North America shares one calling code over half a day of clocks, islands and territories
# included; where a number says no more, the people of its large countries are meant.
_NORTH_AMERICA = ("America/St_Johns", "America/New_York", "America/Los_Angeles", "Pacific/Honolulu")
_DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_MIDNIGHT = time(0)
_LOOK_AHEAD = timedelta(days=8)


class ImpossibleNumber(ValueError):
    """No number of that country is so short or so long, as far as the tables know.

    They lag behind the plans of countries, and behind Meta: `person` is who it would be, for whom
    Meta may have told us of.
    """

    def __init__(self, person: Person) -> None:
        """Take who it would be."""
        super().__init__(
            "has more or fewer digits than telephone numbers of its country have; check it"
        )
        self.person = person


def read_callee(text: str) -> Person:
    """Read a number with its country code or a business-scoped user id, as an operator wrote it.

    The country code begins after `+` or `00`, or after North America's 011 where that cannot be
    an area code. Without them a number could be any country's: 2125550123 is New York's, and in
    other eyes Morocco's. Beyond that only the shape is checked, for numbers come into being every
    day: Meta knows who exists.

    Raises:
        ImpossibleNumber: its country has no such numbers.
        ValueError: it is neither; the sentence says so without repeating it.
    """
    text = text.strip()
    if _USER_ID.fullmatch(text):
        return Person(user_id=text)
    written = _SEPARATORS.sub("", text)
    if not _WRITTEN_NUMBER.fullmatch(written):
        raise ValueError(f"is neither {_AN_EXAMPLE}")
    digits = _digits_abroad(written)
    try:
        number = phonenumbers.parse(f"+{digits}", None)
    except phonenumbers.NumberParseException:
        raise ValueError(
            "begins with a country code that no country has; it looks like +15551234567"
        ) from None
    person = Person(
        phone=f"{number.country_code}{phonenumbers.national_significant_number(number)}"
    )
    if not _is_possible(number):
        raise ImpossibleNumber(person)
    return person


def _digits_abroad(written: str) -> str:
    """Return what follows the sign that a country code begins.

    Raises:
        ValueError: there is none, or it may be something else.
    """
    if written.startswith("+"):
        return written[1:]
    if written.startswith("00"):
        return written[2:]
    rest = written.removeprefix("011")
    if rest == written:
        raise ValueError(
            "has no country code: write + and the code in front, such as +15551234567; without it "
            "the number could be any country's"
        )
    # 011 is Buenos Aires, Johannesburg, New Delhi and Turin, too, with up to nine digits after it
    if len(rest) < _SHORTEST_AFTER_011:
        raise ValueError(
            "begins with 011, which may be an area code: write + and the country code instead, "
            "such as +15551234567"
        )
    return rest


def _is_possible(number: phonenumbers.PhoneNumber) -> bool:
    if _has_a_length(number):
        return True
    # WhatsApp goes on to spell numbers as a plan of earlier did
    spelled = f"{number.country_code}{phonenumbers.national_significant_number(number)}"
    return _has_a_length(phonenumbers.parse(f"+{number_key(spelled)}", None))


def _has_a_length(number: phonenumbers.PhoneNumber) -> bool:
    # the other yes means: only within the same town
    return phonenumbers.is_possible_number_with_reason(number) == ValidationResult.IS_POSSIBLE


def parse_number(text: str) -> phonenumbers.PhoneNumber | None:
    """Read a number that Meta wrote, country code first, `+` or not; `None` if it is none."""
    try:
        return phonenumbers.parse(f"+{number_key(text)}", None)
    except phonenumbers.NumberParseException:
        return None


def country_of(phone: str) -> str | None:
    """Return the ISO country of a number; `None` where the tables know none (such as +1 555)."""
    number = parse_number(phone)
    return phonenumbers.region_code_for_number(number) if number is not None else None


def zones_of(person: Person) -> tuple[ZoneInfo, ...]:
    """Return every clock that the person may live by; empty when nothing is known.

    The number decides, for a hidden one the country in the business-scoped id. A mobile number
    often says no more than the country.
    """
    number = parse_number(person.phone) if person.phone else None
    if number is None:
        code = _code_in_id(person)
        if not code:
            return ()
        number = phonenumbers.PhoneNumber(country_code=code, national_number=0)
    names: Sequence[str] = timezone.time_zones_for_geographical_number(number)
    if number.country_code == 1 and len(names) > len(_NORTH_AMERICA):
        names = _NORTH_AMERICA
    return tuple(ZoneInfo(name) for name in names if name != _UNKNOWN_ZONE)


def billed_number_of(person: Person) -> str | None:
    """Return the digits by which Meta bills a call to this person, country code first.

    Of a hidden number the code of the country alone; `None`: nothing is known.
    """
    return person.phone or str(_code_in_id(person) or "") or None


def _code_in_id(person: Person) -> int:
    """Return the country code that a business-scoped id tells of; 0: none."""
    found = _USER_ID.fullmatch(person.user_id or "")
    return phonenumbers.country_code_for_region(found[1]) if found else 0


class _Window(NamedTuple):
    opens: time
    closes: time
    """Midnight: the end of the day."""


class CallHours:
    """When people may be called, by the clock on their wall."""

    def __init__(self, text: str) -> None:
        """Read hours such as `Mon-Fri 09:00-18:00; Sat 10:00-14:00`; `always` has no limits.

        Raises:
            ValueError: the text is malformed.
        """
        self._text = text
        self._week: list[list[_Window]] = [[] for _ in _DAYS]
        self._always = text.strip().casefold() == "always"
        if self._always:
            return
        for part in filter(None, (piece.strip() for piece in text.split(";"))):
            days, window = _read_part(part)
            for day in days:
                self._week[day].append(window)
        if not any(self._week):
            raise ValueError("has no hours; write hours such as `Mon-Fri 09:00-18:00`, or `always`")

    def __repr__(self) -> str:
        return f"CallHours({self._text!r})"

    def next_open(self, zones: Sequence[ZoneInfo], now: datetime) -> datetime | None:
        """Return `now` if all of the zones are within the hours, else when they are next.

        `None`: there is no such moment within the week, or no zone is known.
        """
        if self._always:
            return now
        moment = now
        while zones and moment <= now + _LOOK_AHEAD:
            latest = max(self._opening(zone, moment) for zone in zones)
            if latest == moment:
                return moment
            moment = latest
        return None

    def _opening(self, zone: ZoneInfo, moment: datetime) -> datetime:
        """Return `moment` if one zone is within the hours, else its next opening."""
        # a week and a day: the same weekday comes again, and some day of the week has a window
        return min(opens for opens, closes in self._windows(zone, moment) if moment < closes)

    def _windows(self, zone: ZoneInfo, moment: datetime) -> Iterator[tuple[datetime, datetime]]:
        """Yield when the coming windows open, at `moment` at the earliest, and when they close."""
        today = moment.astimezone(zone).date()
        for ahead in range(len(_DAYS) + 1):
            day = today + timedelta(days=ahead)
            for window in sorted(self._week[day.weekday()]):
                opens = datetime.combine(day, window.opens, zone)
                if window.closes == _MIDNIGHT:
                    closes = datetime.combine(day + timedelta(days=1), _MIDNIGHT, zone)
                else:
                    closes = datetime.combine(day, window.closes, zone)
                # as moments in UTC: within one zone Python compares wall clocks
                yield max(moment, opens.astimezone(UTC)), closes.astimezone(UTC)


def _read_part(part: str) -> tuple[list[int], _Window]:
    found = re.fullmatch(
        r"([a-z]{3})(?:-([a-z]{3}))?\s+(\d\d:\d\d)-(\d\d:\d\d)", part.casefold(), re.ASCII
    )
    if found is None or not {found[1], found[2] or found[1]} <= set(_DAYS):
        raise ValueError("needs hours such as `Mon-Fri 09:00-18:00; Sat 10:00-14:00`, or `always`")
    first, last = _DAYS.index(found[1]), _DAYS.index(found[2] or found[1])
    days = [
        day % len(_DAYS) for day in range(first, last + (len(_DAYS) if last < first else 0) + 1)
    ]
    opens, closes = _read_time(found[3]), _read_time(found[4])
    if closes != _MIDNIGHT and closes <= opens:
        raise ValueError("has hours that close before they open; the end of a day is 24:00")
    return days, _Window(opens, closes)


def _read_time(text: str) -> time:
    if text == "24:00":
        return _MIDNIGHT
    try:
        return time.fromisoformat(text)
    except ValueError:
        raise ValueError("has a time that no clock shows; write 00:00 to 24:00") from None
