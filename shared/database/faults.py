"""What can go wrong with a request to the database, in our words.

The client's own errors are dropped on purpose: PostgREST's `details` quote the values of the row,
so they are personal data.
"""

import aiohttp
import httpx
from postgrest.exceptions import APIError

from shared.call.errors import CallNotFound, StoreUnavailable, WacallError

UNIQUE_VIOLATION = "23505"
DO_NOT_CALL = "WA001"
"""schema.sql's own: an outbound call to somebody who asked not to be called."""

_FOREIGN_KEY_VIOLATION = "23503"


class Refused(StoreUnavailable):
    """The database understood the request and refused it."""

    def __init__(self, what: str, sqlstate: str | None) -> None:
        """Take what was tried and the SQLSTATE or PostgREST code of the refusal."""
        self.sqlstate = sqlstate
        super().__init__(
            f"Could not {what}: the database refused it ({sqlstate}); its log says more."
        )


class AccessDenied(StoreUnavailable):
    """The key is not one that may do this."""

    def __init__(self) -> None:
        """Say what to check."""
        super().__init__(
            "The database denies access; check that SUPABASE_SECRET_KEY is the project's secret "
            "key and that schema.sql was applied."
        )


class HttpError(Exception):
    """An answer whose status says enough."""

    def __init__(self, status: int) -> None:
        """Take the status."""
        super().__init__(f"HTTP {status}")
        self.status = status


class ServerFailed(HttpError):
    """5xx: the database restarts, is overloaded or out of connections."""


FAULTS = (APIError, httpx.HTTPError, httpx.InvalidURL, aiohttp.ClientError, HttpError)
"""What an attempt may raise; aiohttp's own is what httpx-aiohttp has no word of httpx's for."""


async def raise_by_status(response: httpx.Response) -> None:
    """Raise for an answer whose status says enough; a hook of the HTTP client."""
    # The client's APIError does not keep the status; the gateway's refusals have no code either.
    if response.status_code >= 500:
        raise ServerFailed(response.status_code)
    if response.status_code in (401, 403):
        raise HttpError(response.status_code)


def _cause_of(fault: Exception) -> BaseException:
    # httpx-aiohttp calls every lost or refused connection a ConnectTimeout
    cause = fault.__cause__
    return cause if isinstance(cause, aiohttp.ClientError | TimeoutError) else fault


def outcome_of(fault: Exception) -> str:
    """Name what became of an attempt, for a metric's label."""
    match fault:
        case APIError():
            return "refused"
        case ServerFailed():
            return "failed"
        case HttpError():
            return "denied"
        case _ if isinstance(_cause_of(fault), httpx.TimeoutException | TimeoutError):
            return "timeout"
        case _:
            return "unreachable"


def error_of(fault: Exception, what: str) -> WacallError:
    """Return our error for a fault of the client's; `what` was tried ("read a call")."""
    match fault:
        case APIError(code=code):
            # a row refers to a call that is not there
            return CallNotFound() if code == _FOREIGN_KEY_VIOLATION else Refused(what, code)
        case ServerFailed():
            detail = str(fault)
        case HttpError():
            return AccessDenied()
        case _:
            detail = type(_cause_of(fault)).__name__
    return StoreUnavailable(
        f"Could not {what}: the database does not answer ({detail}); "
        "check SUPABASE_URL and that the project is running."
    )
