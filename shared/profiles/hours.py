"""When a business is open; pure."""

import itertools
import re
from collections.abc import Iterator
from datetime import date, datetime, timedelta
from typing import Annotated, NamedTuple

from pydantic import BeforeValidator, Field, field_serializer

from shared.profiles.part import Part

DAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
_DAY_MINUTES = 24 * 60


class Span(NamedTuple):
    """From when until when, in minutes since midnight; the end does not belong to it."""

    opens: int
    closes: int

    def __str__(self) -> str:
        """Write it as in a profile."""
        return f"{_clock(self.opens)}-{_clock(self.closes)}"


def _clock(minutes: int) -> str:
    return f"{minutes // 60:02}:{minutes % 60:02}"


def _spans(value: object) -> object:
    """Read `09:00-12:00, 14:00-18:00`, or a list of such."""
    parts = value.split(",") if isinstance(value, str) else value
    if parts == [""]:
        return ()
    if not isinstance(parts, list | tuple):
        raise ValueError("it must be times such as 09:00-12:00, 14:00-18:00")
    spans = tuple(part if isinstance(part, Span) else _span(part) for part in parts)
    for one, following in itertools.pairwise(spans):
        if following.opens < one.closes:
            raise ValueError("its times must follow each other")
    return spans


def _span(text: object) -> Span:
    found = re.fullmatch(r"(\d\d?):(\d\d)-(\d\d?):(\d\d)", "".join(str(text).split()))
    if found is None:
        raise ValueError("it must be times such as 09:00-12:00, 14:00-18:00")
    hour, minute, to_hour, to_minute = map(int, found.groups())
    span = Span(hour * 60 + minute, to_hour * 60 + to_minute)
    if minute > 59 or to_minute > 59 or span.closes > _DAY_MINUTES:
        raise ValueError("it must be times of one day, 00:00 to 24:00")
    if span.opens >= span.closes:
        raise ValueError("it must end after it begins; what goes past midnight is two days'")
    return span


Spans = Annotated[tuple[Span, ...], BeforeValidator(_spans)]


class Hours(Part):
    """When the business is open, by its own clock; a day that is not named is closed."""

    monday: Spans = ()
    """Such as `09:00-12:00, 14:00-18:00`; the other days likewise."""
    tuesday: Spans = ()
    """See monday."""
    wednesday: Spans = ()
    """See monday."""
    thursday: Spans = ()
    """See monday."""
    friday: Spans = ()
    """See monday."""
    saturday: Spans = ()
    """See monday."""
    sunday: Spans = ()
    """See monday."""
    closed: tuple[date, ...] = Field(())
    """Days on which it is closed nevertheless, such as 2026-12-25."""

    @field_serializer(*DAYS, when_used="json")
    def _as_written(self, spans: tuple[Span, ...]) -> str:
        return ", ".join(map(str, spans))

    def of(self, day: date) -> tuple[Span, ...]:
        """When it is open on a day."""
        if day in self.closed:
            return ()
        spans: tuple[Span, ...] = getattr(self, DAYS[day.weekday()])
        return spans

    def is_open(self, local: datetime) -> bool:
        """Whether it is open; `local` by the business's clock."""
        return self.closes_at(local) is not None

    def closes_at(self, local: datetime) -> datetime | None:
        """When it closes, by the business's clock; `None`: it is not open."""
        minute = local.hour * 60 + local.minute
        for span in self.of(local.date()):
            if span.opens <= minute < span.closes:
                midnight = local.replace(hour=0, minute=0, second=0, microsecond=0)
                return midnight + timedelta(minutes=span.closes)
        return None

    def opens_at(self, local: datetime) -> datetime | None:
        """When it opens next, by the business's clock, within two weeks; `None`: not then."""
        midnight = local.replace(hour=0, minute=0, second=0, microsecond=0)
        for ahead in range(15):
            day = midnight + timedelta(days=ahead)
            for span in self.of(day.date()):
                opens = day + timedelta(minutes=span.opens)
                if opens > local:
                    return opens
        return None

    def lines(self) -> Iterator[str]:
        """Tell them, a day a line, days alike together: `Tuesday to Friday: 09:00-18:00`."""
        week = [getattr(self, day) for day in DAYS]
        first = 0
        for at in range(1, 8):
            if at < 7 and week[at] == week[first]:
                continue
            days = DAYS[first].capitalize()
            if at - first > 1:
                days += f" to {DAYS[at - 1].capitalize()}"
            yield f"{days}: {' and '.join(map(str, week[first])) or 'closed'}"
            first = at
        if self.closed:
            yield f"Closed on {', '.join(day.isoformat() for day in self.closed)}"
