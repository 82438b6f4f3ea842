"""What can go wrong with a request to the database, in our words.

The client's own errors are dropped on purpose: PostgREST's `details` quote the values of the row,
so they are personal data.
"""

from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

import aiohttp
import httpx
from postgrest.exceptions import APIError
from supabase import StorageException

from shared.call.errors import CallNotFound, StoreUnavailable, WacallError

UNIQUE_VIOLATION = "23505"
DO_NOT_CALL = "WA001"
"""schema.sql's own: an outbound call to somebody who asked not to be called."""

_FOREIGN_KEY_VIOLATION = "23503"
_DAY_S = 86_400.0


class Refused(StoreUnavailable):
    """The database understood the request and refused it."""

    def __init__(self, what: str, sqlstate: str | None) -> None:
        """Take what was tried and the SQLSTATE or PostgREST code of the refusal."""
        self.sqlstate = sqlstate
        super().__init__(
            f"Could not {what}: the database refused it ({sqlstate}); its log says more."
        )


class StorageRefused(StoreUnavailable):
    """The project's storage understood the request and refused it."""

    def __init__(self, what: str, slug: str, *, is_missing: bool = False) -> None:
        """Take what was tried, the storage's own name of the refusal, and whether it is that.

        `is_missing`: there is no such bucket or file.
        """
        self.is_missing = is_missing
        super().__init__(
            f"Could not {what}: the project's storage refused it ({slug}); check that the bucket "
            "of RECORDINGS_BUCKET is there, private, and takes audio/ogg of this size."
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
    """An answer of which the status says enough, or the body nothing."""

    def __init__(self, status: int) -> None:
        """Take the status."""
        super().__init__(f"HTTP {status}")
        self.status = status


class ServerFailed(HttpError):
    """5xx: the database restarts, is overloaded or out of connections."""


class Throttled(HttpError):
    """429: the project's gateway wants us to slow down. Nothing was done."""

    def __init__(self, wait_s: float) -> None:
        """Take how long to wait, in seconds; 0 if it does not say."""
        super().__init__(429)
        self.wait_s = wait_s


class NotTheDatabase(HttpError):
    """A success that is no JSON: somebody else answered, such as a proxy or a paused project."""


FAULTS = (
    APIError,
    StorageException,
    httpx.HTTPError,
    httpx.InvalidURL,
    aiohttp.ClientError,
    HttpError,
)
"""What an attempt may raise; aiohttp's own is what httpx-aiohttp has no word of httpx's for."""


async def raise_by_status(response: httpx.Response) -> None:
    """Raise for an answer whose status says enough; a hook of the HTTP client."""
    # The client's APIError does not keep the status; the gateway's refusals have no code either.
    if response.status_code >= 500:
        raise ServerFailed(response.status_code)
    if response.status_code in (401, 403):
        raise HttpError(response.status_code)
    if response.status_code == 429:
        raise Throttled(wait_of(response.headers.get("Retry-After", ""), datetime.now(UTC)))


def wait_of(retry_after: str, now: datetime) -> float:
    """Return the seconds to wait that a `Retry-After` asks for (RFC 9110, 10.2.3), 0 for none."""
    text = retry_after.strip()
    if text.isascii() and text.isdigit():
        # an int of thousands of digits is refused; a day is more than anybody here waits
        return float(min(int(text[:9]), _DAY_S))
    try:
        until = parsedate_to_datetime(text)
    except ValueError:
        return 0.0
    until = until if until.tzinfo else until.replace(tzinfo=UTC)
    return min(max((until - now).total_seconds(), 0.0), _DAY_S)


def _cause_of(fault: Exception) -> BaseException:
    # httpx-aiohttp calls every lost or refused connection a ConnectTimeout
    cause = fault.__cause__
    return cause if isinstance(cause, aiohttp.ClientError | TimeoutError) else fault


def outcome_of(fault: Exception) -> str:
    """Name what became of an attempt, for a metric's label."""
    match fault:
        case APIError() | StorageException():
            return "refused"
        case ServerFailed() | NotTheDatabase():
            return "failed"
        case Throttled():
            return "throttled"
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
        case StorageException():
            # its message names the file; the status stands in the body, as text, and HTTP says 400
            slug = str(getattr(fault, "code", None) or "unknown")
            is_missing = str(getattr(fault, "status", "")) == "404"
            return StorageRefused(what, slug, is_missing=is_missing)
        case Throttled():
            return StoreUnavailable(
                f"Could not {what}: the database takes no more requests for now (HTTP 429); "
                "see the project's limits, or ask less often."
            )
        case NotTheDatabase():
            return StoreUnavailable(
                f"Could not {what}: SUPABASE_URL answers with something else than the database's "
                "JSON; check the URL, a proxy in between, and that the project is not paused."
            )
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
