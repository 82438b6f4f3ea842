"""Speak with a running control plane as an operator: bearer token, JSON, errors as sentences."""

import asyncio
from collections.abc import Mapping
from typing import Any

import aiohttp

from wacall import environment
from wacall.operators.display import on_one_line

_TIMEOUT_S = 20.0
_DEFAULT_PORT = 4000
# the API's sentences speak of routes and headers, which whoever typed a command has not seen
_IN_OUR_WORDS = {
    "not-authorized": (
        "The control plane has another CONTROLPLANE_API_KEY than this command; set the one that it "
        "was started with."
    ),
    "no-permission": (
        "This person has not permitted calls; ask them with `wacall consent request NUMBER`."
    ),
}
# fields of bodies and queries, as whoever typed a command knows them
_TYPED = {"to": "NUMBER", "from": "--from", "profile": "--profile", "context": "--context"}


class OperatorRefused(Exception):
    """The control plane refused, or is not there; the sentence says what to do."""

    def __init__(self, sentence: str, code: str = "", status: int | None = None) -> None:
        """Take the sentence, and the control plane's `code` and HTTP status if it answered."""
        super().__init__(on_one_line(sentence))
        self.code = code
        self.status = status


async def ask(
    variables: Mapping[str, str],
    method: str,
    path: str,
    *,
    body: Mapping[str, Any] | None = None,
    params: Mapping[str, str] | None = None,
    headers: Mapping[str, str] | None = None,
) -> dict[str, Any]:
    """Send one request and return the answer's object; `variables` is the environment.

    Raises:
        OperatorRefused: no key, no answer within 20 s, or a refusal.
    """
    key = variables.get("CONTROLPLANE_API_KEY")
    if not key:
        raise OperatorRefused(
            "CONTROLPLANE_API_KEY is not set. Choose one (`openssl rand -hex 32`), put it into "
            ".env, and start the control plane again; if it has one already, set the same here."
        )
    base = base_url(variables)
    try:
        async with (
            asyncio.timeout(_TIMEOUT_S),
            aiohttp.ClientSession() as http,
            http.request(
                method,
                base + path,
                json=body,
                params=params,
                headers={**(headers or {}), "Authorization": f"Bearer {key}"},
                allow_redirects=False,
            ) as response,
        ):
            answer = await response.json(content_type=None)
            status = response.status
    except (aiohttp.ClientError, TimeoutError, ValueError) as error:
        raise OperatorRefused(
            f"No control plane answers at {_shown(base)} ({type(error).__name__}); start one with "
            "`wacall up`, or set CONTROLPLANE_URL."
        ) from None
    if 200 <= status < 300 and isinstance(answer, dict):
        return answer
    raise _refusal(answer, status)


def base_url(variables: Mapping[str, str]) -> str:
    """Return CONTROLPLANE_URL, else this machine's own at OPERATOR_PORT or PORT.

    Raises:
        OperatorRefused: a port is malformed.
    """
    try:
        port = environment.port_of(variables, "PORT", _DEFAULT_PORT)
        port = environment.port_of(variables, "OPERATOR_PORT", port)
    except ValueError as error:
        raise OperatorRefused(str(error)) from None
    return (variables.get("CONTROLPLANE_URL") or f"http://127.0.0.1:{port}").rstrip("/")


def _shown(url: str) -> str:
    """Return a URL without what somebody signs in with."""
    scheme, at, rest = url.partition("://")
    return f"{scheme}{at}{rest.rpartition('@')[2]}" if at else url.rpartition("@")[2]


def as_typed(sentence: str) -> str:
    """Say of a field that is refused how the command line calls it: `to` is its NUMBER."""
    name, space, rest = sentence.partition(" ")
    is_refused = rest.startswith(("is ", "must ", "needs "))
    return f"{_TYPED[name]}{space}{rest}" if name in _TYPED and is_refused else sentence


def _refusal(answer: object, status: int) -> OperatorRefused:
    error = answer.get("error") if isinstance(answer, dict) else None
    if not isinstance(error, dict):
        return OperatorRefused(f"The control plane answered with HTTP {status}.", status=status)
    code = str(error.get("code", ""))
    sentence = _IN_OUR_WORDS.get(code) or as_typed(str(error.get("message", f"HTTP {status}.")))
    if error.get("retry_at"):
        sentence += f" It may be tried again at {error['retry_at']}."
    return OperatorRefused(sentence, code, status)
