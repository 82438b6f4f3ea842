"""What operators send: JSON bodies, and people by number or id; errors name the field."""

from typing import TypeVar

from aiohttp import web
from pydantic import BaseModel, ValidationError

from controlplane.core.callee import read_callee
from controlplane.core.errors import BadRequest
from shared.call.person import Party

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
