"""What can go wrong with a request to the database, in our words."""

import httpx
import pytest
from postgrest.exceptions import APIError

from shared.call.errors import CallNotFound, StoreUnavailable
from shared.database.faults import (
    FAULTS,
    AccessDenied,
    HttpError,
    Refused,
    ServerFailed,
    error_of,
    outcome_of,
)


def refusal(code: str) -> APIError:
    return APIError({"code": code, "message": "m", "details": "(15550002222)", "hint": None})


@pytest.mark.parametrize(
    ("fault", "error", "says", "outcome"),
    [
        (refusal("23503"), CallNotFound, "call", "refused"),
        (refusal("23514"), Refused, "Could not read a call: .* refused it .23514", "refused"),
        (HttpError(401), AccessDenied, "SUPABASE_SECRET_KEY", "denied"),
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
