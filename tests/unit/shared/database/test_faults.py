"""What can go wrong with a request to the database, in our words."""

from datetime import UTC, datetime

import httpx
import pytest
from postgrest.exceptions import APIError
from storage3.exceptions import StorageApiError

from shared.call.errors import CallNotFound, StoreUnavailable
from shared.database.faults import (
    FAULTS,
    AccessDenied,
    HttpError,
    NotTheDatabase,
    Refused,
    ServerFailed,
    StorageRefused,
    Throttled,
    error_of,
    outcome_of,
    wait_of,
)


def refusal(code: str) -> APIError:
    return APIError({"code": code, "message": "m", "details": "(15550002222)", "hint": None})


@pytest.mark.parametrize(
    ("fault", "error", "says", "outcome"),
    [
        (refusal("23503"), CallNotFound, "call", "refused"),
        (refusal("23514"), Refused, "Could not read a call: .* refused it .23514", "refused"),
        (
            StorageApiError("(15550002222)", "Bucket not found", "404"),
            StorageRefused,
            "storage refused it .Bucket not found",
            "refused",
        ),
        (HttpError(401), AccessDenied, "SUPABASE_SECRET_KEY", "denied"),
        (Throttled(0.5), StoreUnavailable, "takes no more requests .*HTTP 429", "throttled"),
        (NotTheDatabase(200), StoreUnavailable, "SUPABASE_URL answers with something", "failed"),
        (ServerFailed(503), StoreUnavailable, "Could not read a call: .*HTTP 503", "failed"),
        (httpx.ReadTimeout("hushed"), StoreUnavailable, "ReadTimeout", "timeout"),
        (httpx.ConnectError("hushed"), StoreUnavailable, "ConnectError", "unreachable"),
        (httpx.InvalidURL("hushed"), StoreUnavailable, "InvalidURL", "unreachable"),
    ],
)
def test_every_fault_has_its_error_and_its_label(
    fault: Exception, error: type[Exception], says: str, outcome: str
) -> None:
    """The sentence says what was tried, and repeats nothing of what the client said."""
    assert isinstance(fault, FAULTS)
    ours = error_of(fault, "read a call")
    assert type(ours) is error
    with pytest.raises(error, match=says):
        raise ours
    assert "15550002222" not in str(ours)
    assert "hushed" not in str(ours)
    assert outcome_of(fault) == outcome


@pytest.mark.parametrize(("status", "is_missing"), [("404", True), (404, True), ("409", False)])
def test_what_the_storage_lacks_is_told_from_what_it_refuses(
    status: str | int, is_missing: bool
) -> None:
    """HTTP says 400 of both; the true status stands in the body."""
    ours = error_of(StorageApiError("hushed", "not_found", status), "look at a stored file")
    assert isinstance(ours, StorageRefused)
    assert ours.is_missing is is_missing


@pytest.mark.parametrize(
    ("retry_after", "seconds"),
    [
        ("", 0),
        ("0", 0),
        ("2", 2),
        (" 120 ", 120),
        ("Sun, 01 Mar 2026 12:00:30 GMT", 30),
        ("Sun, 01 Mar 2026 12:00:30", 30),
        ("Sun, 01 Mar 2026 11:00:00 GMT", 0),
        ("Fri, 31 Dec 9999 23:59:59 GMT", 86_400),
        ("9" * 5000, 86_400),
        ("-2", 0),
        ("1.5", 0),
        ("\u0662", 0),
        ("soon", 0),
        ("Sun, 99 Mar 2026 99:00:30 GMT", 0),
    ],
)
def test_how_long_a_busy_gateway_wants_us_to_wait(retry_after: str, seconds: float) -> None:
    """Seconds or a date (RFC 9110, 10.2.3); what cannot be read asks for nothing."""
    assert wait_of(retry_after, datetime(2026, 3, 1, 12, tzinfo=UTC)) == seconds
