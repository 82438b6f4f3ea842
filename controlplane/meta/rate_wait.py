"""How long Graph asks to wait, by the headers of its refusal. Pure.

    Retry-After                 seconds, or a date (RFC 9110 section 10.2.3)
    X-Business-Use-Case-Usage   {"<account>": [{"type", ..., "estimated_time_to_regain_access"}]},
                                minutes (Meta: Graph API, rate limiting)

Other headers of Meta's (`X-App-Usage`) tell how much was used and not when it is forgotten.
"""

import json
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime

from controlplane.core.foreign import integer_of, list_of, object_of

_LONGEST = timedelta(days=1)
"""Platform limits roll over within an hour, those of an account within a day."""


def asked_wait(headers: Mapping[str, str]) -> timedelta | None:
    """Return the longest time that the headers ask for, at most a day; `None`: none.

    `headers` must find names in any case.
    """
    waits = [
        _retry_after(headers.get("Retry-After", ""), headers.get("Date", "")),
        _regain(headers.get("X-Business-Use-Case-Usage", "")),
    ]
    longest = max((wait for wait in waits if wait is not None), default=timedelta())
    return min(longest, _LONGEST) if longest > timedelta() else None


def http_date(text: str) -> datetime | None:
    """Read the date of an HTTP header (RFC 9110 section 5.6.7); `None` if it is none."""
    try:
        found = parsedate_to_datetime(text)
    except (ValueError, TypeError, OverflowError):
        return None
    return found.replace(tzinfo=UTC) if found.tzinfo is None else found.astimezone(UTC)


def _retry_after(text: str, date: str) -> timedelta | None:
    seconds = integer_of(text)
    if seconds is not None:
        return timedelta(seconds=min(seconds, _LONGEST.total_seconds()))
    until, said = http_date(text), http_date(date)
    # by the answer's own clock, so that ours does not matter
    return until - said if until is not None and said is not None else None


def _regain(text: str) -> timedelta | None:
    try:
        usage = object_of(json.loads(text))
    except (ValueError, RecursionError):
        return None
    minutes = [
        found
        for account in usage.values()
        for one in list_of(account)
        if (found := integer_of(object_of(one).get("estimated_time_to_regain_access"))) is not None
    ]
    longest = max(minutes, default=0)
    return timedelta(minutes=min(longest, _LONGEST / timedelta(minutes=1)))
