"""What operators send: bodies, queries, people by number or id; errors name the field."""

from datetime import datetime
from typing import TypeVar

from aiohttp import web
from pydantic import BaseModel, ValidationError

from controlplane.core.callee import read_callee
from controlplane.core.errors import BadRequest
from shared.call.person import Party

_DEFAULT_LIMIT, _MAX_LIMIT = 50, 200

_Model = TypeVar("_Model", bound=BaseModel)


async def read_body(request: web.Request, model: type[_Model]) -> _Model:
    """Read a JSON body.

    Raises:
        BadRequest: names the first field that is missing or malformed, and shows no value.
    """
    try:
        return model.model_validate_json(await request.read())
    except ValidationError as error:
        problem = error.errors(include_input=False, include_url=False)[0]
        name = ".".join(str(part) for part in problem["loc"]) or "body"
        said = problem["msg"].removeprefix("Value error, ")
        raise BadRequest(f"{name} is malformed: {said}.") from None


def callee_in(text: str, name: str) -> Party:
    """Read whom a field names.

    Raises:
        BadRequest: it is neither a phone number nor a user id; the field is named.
    """
    try:
        return read_callee(text)
    except ValueError as error:
        raise BadRequest(f"{name} {error}.") from None


def read_limit(request: web.Request) -> int:
    """Read `limit` of the query.

    Raises:
        BadRequest: it is no whole number from 1 to 200.
    """
    text = request.query.get("limit", str(_DEFAULT_LIMIT))
    if not text.isascii() or not text.isdigit() or not 1 <= int(text) <= _MAX_LIMIT:
        raise BadRequest(f"limit must be a whole number from 1 to {_MAX_LIMIT}.")
    return int(text)


def read_time(request: web.Request, name: str) -> datetime | None:
    """Read a time of the query.

    Raises:
        BadRequest: it is none, or has no zone.
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
    return moment


def iso(moment: datetime | None) -> str | None:
    """Write a time as JSON holds it."""
    return moment.isoformat() if moment is not None else None
