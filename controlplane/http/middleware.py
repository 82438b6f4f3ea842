"""Around every request: errors become JSON, the access log knows no personal data."""

import hmac
import logging
import time
import uuid
from collections.abc import Awaitable, Callable, Mapping
from datetime import datetime

from aiohttp import web

from controlplane.http.bodies import Failure, Problem
from controlplane.http.body import answer
from controlplane.http.door import Connection
from controlplane.meta.graph_errors import GraphRefused
from shared.call.errors import CallDenied, WacallError
from shared.process.of_call import working_for

_log = logging.getLogger(__name__)

OFF = (
    "The operator routes are off: set CONTROLPLANE_API_KEY (`openssl rand -hex 32` makes one), and "
    "start the control plane again."
)
_NOT_AUTHORIZED = (
    "No key, or a wrong one: send the header Authorization: Bearer with the CONTROLPLANE_API_KEY "
    "that the control plane was started with."
)
CODES: Mapping[str, tuple[int, str]] = {
    "operator-routes-off": (403, OFF),
    "not-authorized": (401, _NOT_AUTHORIZED),
    "internal": (500, "Something went wrong here; the log says where."),
    "not-found": (404, "There is no such route."),
    "method-not-allowed": (405, "The route does not take this method."),
    "wrong-key": (401, "The key that the dashboard was given is not CONTROLPLANE_API_KEY."),
    "too-many-attempts": (429, "Too many wrong keys; Retry-After says when to try again."),
    "no-csrf-token": (403, "The request of a session lacks its X-CSRF-Token."),
    "foreign-origin": (403, "A page of another origin sent the request."),
    "too-many-listeners": (503, "Too many pages of the dashboard are open at this replica."),
    "no-such-part": (416, "The `Range` begins behind the end of the recording."),
    "no-such-file": (404, "The dashboard has no such file."),
    "bad-http": (400, "The request is not HTTP as it should be."),
    "too-many-connections": (503, "Too many connections; try again later."),
}
"""What is answered for no error of ours: code -> status and meaning, for docs/api.md."""

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


def error_response(
    status: int, code: str, message: str, retry_at: datetime | None = None
) -> web.Response:
    """Shape an error as the contract says; `retry_at` is when the same request may succeed."""
    problem = Problem(code=code, message=message)
    if retry_at is not None:
        problem = Problem(code=code, message=message, retry_at=retry_at.isoformat())
    return answer(Failure(error=problem), status=status)


@web.middleware
async def errors_as_json(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Turn errors into `{"error": {"code", "message"}}` with a fitting status."""
    try:
        return await handler(request)
    except CallDenied as error:
        return error_response(error.status, error.code, str(error), error.retry_at)
    except GraphRefused as error:
        # whoever asked is an operator, and may know Meta's own words
        said = f" Meta says: {error.detail}" if error.detail else ""
        return error_response(error.status, error.code, f"{error}{said}")
    except WacallError as error:
        return error_response(error.status, error.code, str(error))
    except web.HTTPRequestEntityTooLarge:
        return error_response(413, "body-too-large", "The body is larger than this route takes.")
    except web.HTTPException as error:
        if error.status < 400:
            raise
        code = (error.reason or "error").lower().replace(" ", "-")
        return error_response(error.status, code, f"{request.method} here: {error.reason}.")
    except Exception as error:
        _log.error(
            "A request failed unexpectedly.",
            extra={"action": "request-failed", "error": type(error).__name__},
        )
        return error_response(500, "internal", "Something went wrong here; the log says where.")


@web.middleware
async def access_log(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Log method, route template and status: paths and queries may carry what is private."""
    started = time.monotonic()
    connection = request.protocol
    if isinstance(connection, Connection):
        connection.work_begins()
    # a connection's requests are worked on by one task, each for a call of its own
    with working_for(_call_named(request)):
        try:
            response = await handler(request)
        finally:
            if isinstance(connection, Connection):
                connection.work_ends()
        resource = request.match_info.route.resource
        _log.debug(
            "Request.",
            extra={
                "action": "request",
                "method": request.method,
                "route": resource.canonical if resource is not None else "unknown",
                "status": response.status,
                "ms": round((time.monotonic() - started) * 1000, 1),
            },
        )
    return response


def _call_named(request: web.Request) -> str | None:
    """Return the call that the path names, if that is an id of ours; the rest is anybody's text."""
    try:
        return str(uuid.UUID(request.match_info.get("call_id", "")))
    except ValueError:
        return None


def bearer_token(request: web.Request) -> bytes:
    """Return the token of `Authorization: Bearer`; empty if there is none.

    The scheme's case means nothing, and one or more spaces follow it (RFC 9110, section 11.1 and
    11.4).
    """
    # aiohttp gives bytes that are not UTF-8 as lone surrogates
    given = request.headers.get("Authorization", "").encode(errors="surrogateescape")
    scheme, _, token = given.partition(b" ")
    return token.strip(b" ") if scheme.lower() == b"bearer" else b""


def operators_only(
    key: str | None, signed_in: Callable[[web.Request], web.Response | None] | None = None
) -> Callable[[Handler], Handler]:
    """Demand the operators' bearer token; without a configured one nobody gets in.

    `signed_in` is asked about requests that come with a cookie and no token: it says why the
    request may not pass.
    """

    def guard(handler: Handler) -> Handler:
        async def guarded(request: web.Request) -> web.StreamResponse:
            if key is None:
                return error_response(403, "operator-routes-off", OFF)
            if signed_in and "Authorization" not in request.headers and request.cookies:
                return signed_in(request) or await handler(request)
            if not hmac.compare_digest(bearer_token(request), key.encode()):
                return error_response(401, "not-authorized", _NOT_AUTHORIZED)
            return await handler(request)

        return guarded

    return guard
