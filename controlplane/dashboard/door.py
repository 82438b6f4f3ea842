"""Sign in and out, and let a session do what the operators' key may."""

import logging
import math
import secrets
import time
from collections.abc import Callable
from typing import Annotated

from aiohttp import web
from pydantic import BaseModel, ConfigDict, Field

from controlplane.dashboard.attempts import Attempts
from controlplane.dashboard.sessions import LASTS_S, Session, Sessions, is_foreign, is_same
from controlplane.http.middleware import OFF, error_response
from controlplane.http.reading import read_body

_log = logging.getLogger(__name__)

COOKIE = "wacall_session"
_SAFE = ("GET", "HEAD", "OPTIONS")
_NO_STORE = {"Cache-Control": "no-store"}


class _Token(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)

    token: Annotated[str, Field(min_length=1, max_length=1000)]


class Door:
    """`/dashboard/api/session`, and who may pass the operators' routes without the bearer token."""

    def __init__(self, key: str | None, wall: Callable[[], float] = time.time) -> None:
        """Take the operators' key (`None`: nobody signs in) and the clock."""
        self._sessions = Sessions(key) if key is not None else None
        self._wall = wall
        self._attempts = Attempts()

    def session(self, request: web.Request) -> Session | None:
        """Return the request's session; `None`: it has none that holds."""
        if self._sessions is None:
            return None
        return self._sessions.read(request.cookies.get(COOKIE), self._wall())

    def refusal(self, request: web.Request) -> web.Response | None:
        """Say why a request may not pass by its session; `None`: it may."""
        session = self.session(request)
        if session is None:
            return error_response(
                401, "not-authorized",
                "You are not signed in, or your session is over: sign in again.",
            )  # fmt: skip
        if request.method in _SAFE:
            # GET changes nothing, and the browser keeps its answer from foreign pages
            return None
        if _is_foreign(request):
            return _foreign()
        if not is_same(request.headers.get("X-CSRF-Token"), session):
            return error_response(
                403, "no-csrf-token",
                "The request carries no token of this session: reload the page, or send what "
                "GET /dashboard/api/session gives as X-CSRF-Token.",
            )  # fmt: skip
        return None

    async def show(self, request: web.Request) -> web.Response:
        """`GET /dashboard/api/session`: whether this browser is signed in, and its token."""
        if self._sessions is None:
            return error_response(403, "operator-routes-off", OFF)
        session = self.session(request)
        if session is None:
            return web.json_response({"signed_in": False}, headers=_NO_STORE)
        return web.json_response(_view(session), headers=_NO_STORE)

    async def enter(self, request: web.Request) -> web.Response:
        """`POST /dashboard/api/session {"token"}`: sign in with the operators' key."""
        if self._sessions is None:
            return error_response(403, "operator-routes-off", OFF)
        if _is_foreign(request):
            return _foreign()
        token = (await read_body(request, _Token)).token
        # from here to the count nothing is awaited: guesses at the same time are counted all
        address, now = request.remote or "?", time.monotonic()
        wait_s = self._attempts.wait_s(address, now)
        if wait_s > 0:
            response = error_response(
                429, "too-many-attempts",
                f"Too many wrong keys: try again in {math.ceil(wait_s)} s.",
            )  # fmt: skip
            response.headers["Retry-After"] = str(math.ceil(wait_s))
            return response
        if not self._sessions.admits(token):
            self._attempts.failed(address, now)
            _log.warning(
                "Somebody tried to sign in to the dashboard with a wrong key.",
                extra={"action": "sign-in-refused"},
            )
            return error_response(
                401, "wrong-key",
                "That is not the key: it is the CONTROLPLANE_API_KEY that the control plane was "
                "started with.",
            )  # fmt: skip
        cookie = self._sessions.issue(self._wall(), secrets.token_urlsafe(18))
        session = self._sessions.read(cookie, self._wall())
        assert session is not None
        _log.info("Somebody signed in to the dashboard.", extra={"action": "signed-in"})
        response = web.json_response(_view(session), status=201, headers=_NO_STORE)
        response.set_cookie(
            COOKIE, cookie, max_age=LASTS_S, path="/", httponly=True, samesite="Strict",
            secure=_is_secure(request),
        )  # fmt: skip
        return response

    async def leave(self, request: web.Request) -> web.Response:
        """`DELETE /dashboard/api/session`: sign out this browser."""
        if self.session(request) is not None and (refused := self.refusal(request)) is not None:
            return refused
        response = web.json_response({"signed_in": False}, headers=_NO_STORE)
        response.del_cookie(
            COOKIE, path="/", httponly=True, samesite="Strict", secure=_is_secure(request)
        )
        return response


def _view(session: Session) -> dict[str, object]:
    return {"signed_in": True, "csrf_token": session.csrf_token, "ends_at": session.ends_at}


def _is_secure(request: web.Request) -> bool:
    # a proxy in front ends TLS; a lie about it only makes the liar's own cookie useless
    return request.secure or request.headers.get("X-Forwarded-Proto", "").lower() == "https"


def _is_foreign(request: web.Request) -> bool:
    headers = request.headers
    return is_foreign(headers.get("Sec-Fetch-Site"), headers.get("Origin"), request.host)


def _foreign() -> web.Response:
    return error_response(
        403, "foreign-origin", "Pages of other origins may not do that: open the dashboard itself."
    )
