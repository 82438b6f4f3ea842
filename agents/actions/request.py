"""An action's request, written: where it goes, what it says, how it is signed; pure."""

import json
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from urllib.parse import urlencode, urlsplit, urlunsplit

from shared.call.ids import CallId
from shared.call.records import ToolCall
from shared.call.signature import signed_headers
from shared.profiles.action import Action

CALL_HEADER = "X-Wacall-Call"
"""Our id of the call."""
KEY_HEADER = "Idempotency-Key"
"""The same for each try of the same wish, and for no other one."""

_IN_THE_QUERY = {"GET", "DELETE"}
_SAFE_TO_REPEAT = {"GET", "PUT", "DELETE"}
"""By RFC 9110, section 9.2.2, what has arrived twice has happened once."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """What is sent."""

    method: str
    url: str = field(repr=False)
    body: bytes | None = field(repr=False)
    headers: Mapping[str, str] = field(repr=False)

    @property
    def may_arrive_twice(self) -> bool:
        """Whether it may be sent again though it may have arrived."""
        return self.method in _SAFE_TO_REPEAT


def is_allowed(url: str, private_hosts: Collection[str]) -> bool:
    """Tell whether a request may be sent there at all: https, but to hosts that are named."""
    parts = urlsplit(url)
    host = parts.hostname or ""
    return parts.scheme == "https" or (parts.scheme == "http" and host in private_hosts)


def request_of(
    action: Action,
    arguments: Mapping[str, Any],
    *,
    call_id: CallId,
    given: str,
    secret: str | None,
    now: datetime,
) -> Request:
    """Write the request for what the model gives, `given` being its own id of the call.

    Arguments are the body as JSON; of GET and DELETE the query, what is no text as JSON. They, and
    the time, are what is signed.
    """
    url, body = action.url, None
    if action.method in _IN_THE_QUERY:
        url = _with_query(url, arguments)
    else:
        body = _json(arguments).encode()
    headers = {
        "Accept": "application/json, text/plain",
        # what is unpacked has no size until it is
        "Accept-Encoding": "identity",
        "User-Agent": "wacall",
        KEY_HEADER: ToolCall.id_of(call_id, given),
        CALL_HEADER: call_id,
    }
    if body is not None:
        headers["Content-Type"] = "application/json"
    if secret is not None:
        signed = body if body is not None else urlsplit(url).query.encode()
        headers |= signed_headers(secret, signed, now)
    taken = {name.lower() for name in headers}
    own = {name: value for name, value in action.headers.items() if name.lower() not in taken}
    return Request(method=action.method, url=url, body=body, headers=own | headers)


def _with_query(url: str, arguments: Mapping[str, Any]) -> str:
    parts = urlsplit(url)
    written = urlencode(
        {
            name: value if isinstance(value, str) else _json(value)
            for name, value in arguments.items()
        }
    )
    query = "&".join(filter(None, (parts.query, written)))
    return urlunsplit(parts._replace(query=query, fragment=""))


def _json(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))
