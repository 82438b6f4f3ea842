"""What operators send: bodies and queries; errors name the field."""

import asyncio
import re
from datetime import UTC, datetime
from typing import TypeVar

from aiohttp import web
from pydantic import BaseModel, ValidationError

from controlplane.core.errors import BadRequest, BodyTooLarge, BodyTooSlow, CompressedBody
from shared.process.problems import words_for

_DEFAULT_LIMIT, _MAX_LIMIT = 50, 200
# What the agent is told travels in LiveKit's dispatch metadata, a prompt has no room for more; no
# other body of an operator's is longer than a template's parameters.
_MAX_BODY = 64 * 1024
# Of a body that is on its way: Meta and LiveKit send theirs in one go.
_BODY_S = 10.0

_Model = TypeVar("_Model", bound=BaseModel)


async def read_bytes(request: web.Request, limit: int) -> bytes:
    """Read a body as it is on the wire, which is what a signature is over; nothing is decoded.

    The only way to a stranger's body: aiohttp's `text()`, `json()` and `post()` decode with what
    the sender names.

    Raises:
        BodyTooLarge: it has, or says that it has, more bytes than `limit`.
        BodyTooSlow: it did not come in time.
        BadRequest: it broke off, or is not framed as HTTP says.
    """
    if (request.content_length or 0) > limit:
        raise BodyTooLarge
    body = bytearray()
    try:
        async with asyncio.timeout(_BODY_S):
            async for chunk in request.content.iter_any():
                body += chunk
                if len(body) > limit:
                    raise BodyTooLarge
    except TimeoutError:
        raise BodyTooSlow from None
    except (web.RequestPayloadError, OSError):
        raise BadRequest("The body broke off, or is not framed as HTTP says.") from None
    return bytes(body)


async def read_body(request: web.Request, model: type[_Model], limit: int = _MAX_BODY) -> _Model:
    """Read a JSON body.

    Raises:
        BodyTooLarge: it has more bytes than `limit`.
        CompressedBody: it is compressed.
        BadRequest: names the first field that is missing or malformed, and shows no value.
    """
    if request.headers.get("Content-Encoding", "identity").lower() != "identity":
        raise CompressedBody
    body = await read_bytes(request, limit)
    try:
        return model.model_validate_json(body)
    except ValidationError as error:
        problem = error.errors(include_input=False, include_url=False)[0]
        name = ".".join(str(part) for part in problem["loc"]) or "body"
        raise BadRequest(f"{name} is malformed: {words_for(problem)}.") from None


def read_limit(request: web.Request) -> int:
    """Read `limit` of the query.

    Raises:
        BadRequest: it is no whole number from 1 to 200.
    """
    text = request.query.get("limit", str(_DEFAULT_LIMIT))
    # int() refuses thousands of digits in its own way
    if not re.fullmatch(r"[0-9]{1,9}", text) or not 1 <= int(text) <= _MAX_LIMIT:
        raise BadRequest(f"limit must be a whole number from 1 to {_MAX_LIMIT}.")
    return int(text)


def read_time(request: web.Request, name: str) -> datetime | None:
    """Read a time of the query.

    Raises:
        BadRequest: it is none, has no zone, or lies beyond the years 1 to 9999 in UTC.
    """
    text = request.query.get(name)
    if text is None:
        return None
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise BadRequest(f"{name} must be a time such as 2026-01-31T12:00:00Z.") from None
    if moment.tzinfo is None:
        raise BadRequest(f"{name} needs a time zone, such as Z.")
    try:
        return moment.astimezone(UTC)
    except OverflowError:
        raise BadRequest(f"{name} must lie within the years 1 to 9999 in UTC.") from None


def iso(moment: datetime | None) -> str | None:
    """Write a time as JSON holds it."""
    return moment.isoformat() if moment is not None else None
