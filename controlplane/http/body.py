"""What all bodies of the operators' routes have in common, and how one is sent."""

from typing import Annotated

from aiohttp import web
from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
)

Profile = Annotated[str, Field(pattern=r"^[A-Za-z0-9_-]+$", max_length=100)]


Moment = Annotated[str, Field(json_schema_extra={"format": "date-time"})]


class Asked(BaseModel):
    """What an operator sends: nothing but its fields."""

    model_config = ConfigDict(
        frozen=True, extra="forbid", hide_input_in_errors=True, use_attribute_docstrings=True
    )


class Answer(BaseModel):
    """What an operator is told."""

    # what is answered may grow: the page forbids no further fields
    model_config = ConfigDict(frozen=True, hide_input_in_errors=True, use_attribute_docstrings=True)


def answer(body: BaseModel, *, status: int = 200) -> web.Response:
    """Send a body; what was not given a value is left out."""
    return web.json_response(body.model_dump(mode="json", exclude_unset=True), status=status)
