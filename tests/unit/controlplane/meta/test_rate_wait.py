"""How long Graph asks to wait."""

import json
from datetime import UTC, datetime, timedelta

import pytest

from controlplane.meta.rate_wait import asked_wait, http_date

SECOND, MINUTE, DAY = timedelta(seconds=1), timedelta(minutes=1), timedelta(days=1)
NOON = "Thu, 26 Nov 2026 12:00:00 GMT"
LATER = "Thu, 26 Nov 2026 12:00:30 GMT"


def usage(*minutes: object) -> str:
    """Write the header as Meta does."""
    one = [
        {"type": "messaging", "call_count": 100, "estimated_time_to_regain_access": m}
        for m in minutes
    ]
    return json.dumps({"102290129340398": one})


@pytest.mark.parametrize(
    ("headers", "wait"),
    [
        ({}, None),
        ({"Retry-After": "0"}, None),
        ({"Retry-After": "7"}, 7 * SECOND),
        ({"Retry-After": " 7 "}, 7 * SECOND),
        ({"Retry-After": "999999999999"}, DAY),
        ({"Retry-After": "-7"}, None),
        ({"Retry-After": "soon"}, None),
        # a date counts by the clock of whoever wrote it
        ({"Retry-After": LATER, "Date": NOON}, 30 * SECOND),
        ({"Retry-After": NOON, "Date": LATER}, None),
        ({"Retry-After": LATER}, None),
        ({"Retry-After": LATER, "Date": "noon"}, None),
        ({"X-Business-Use-Case-Usage": usage(19)}, 19 * MINUTE),
        ({"X-Business-Use-Case-Usage": usage(0)}, None),
        ({"X-Business-Use-Case-Usage": usage(3, "12", None)}, 12 * MINUTE),
        ({"X-Business-Use-Case-Usage": usage(10**9)}, DAY),
        ({"X-Business-Use-Case-Usage": "{"}, None),
        ({"X-Business-Use-Case-Usage": "[1]"}, None),
        ({"X-Business-Use-Case-Usage": '{"1": {"a": 2}}'}, None),
        ({"X-Business-Use-Case-Usage": "[" * 100_000}, None),
        ({"Retry-After": "7", "X-Business-Use-Case-Usage": usage(1)}, MINUTE),
    ],
)
def test_the_longest_time_that_is_asked_for(
    headers: dict[str, str], wait: timedelta | None
) -> None:
    """Nonsense asks for nothing, and nobody is silent for more than a day."""
    assert asked_wait(headers) == wait


@pytest.mark.parametrize(
    ("text", "found"),
    [
        (NOON, datetime(2026, 11, 26, 12, tzinfo=UTC)),
        ("Thu, 26 Nov 2026 12:00:00 +0100", datetime(2026, 11, 26, 11, tzinfo=UTC)),
        ("Thu, 26 Nov 2026 12:00:00", datetime(2026, 11, 26, 12, tzinfo=UTC)),
        ("", None),
        ("Thu, 99 Nov 2026 12:00:00 GMT", None),
        ("Thu, 26 Nov 99999999999 12:00:00 GMT", None),
    ],
)
def test_dates_of_headers(text: str, found: datetime | None) -> None:
    """In UTC, or none."""
    assert http_date(text) == found
