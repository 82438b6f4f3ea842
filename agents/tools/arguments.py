"""What the model gives a tool: read, and explained where it makes no sense; pure."""

import re
from typing import Annotated, TypeVar

from pydantic import BaseModel, ConfigDict, StringConstraints, ValidationError

from agents.media.tool import ToolProblem

Line = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=200)]
Text = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=2000)]


class Arguments(BaseModel):
    """What a tool takes; the description of each field is the model's."""

    # a model that says more than was asked is no reason to lose what was asked
    model_config = ConfigDict(extra="ignore", frozen=True)


class NoArguments(Arguments):
    """Nothing to say."""


_Given = TypeVar("_Given", bound=Arguments)


def parse_arguments(model: type[_Given], raw: dict[str, object]) -> _Given:
    """Read a tool's arguments.

    Raises:
        ToolProblem: names each argument and what is wrong with it, without repeating its value.
    """
    try:
        return model.model_validate(raw)
    except ValidationError as error:
        problems = "; ".join(
            f"{'.'.join(str(part) for part in problem['loc']) or 'arguments'}: "
            f"{problem['msg'].removeprefix('Value error, ')}"
            for problem in error.errors(include_input=False, include_url=False)
        )
        raise ToolProblem(
            f"Not done. {problems}. Correct it and call again.", slug="bad-arguments"
        ) from None


def as_email(value: str) -> str:
    """Take an e-mail address, in small letters.

    Raises:
        ValueError: half a sentence for the model.
    """
    if not re.fullmatch(r"[^@\s]+@[^@\s.]+(\.[^@\s.]+)+", value):
        raise ValueError("is not an e-mail address; ask the customer to spell it")
    return value.lower()


def as_phone(value: str) -> str:
    """Take a telephone number, without what people write between its digits.

    Raises:
        ValueError: half a sentence for the model.
    """
    digits = re.sub(r"[\s()./-]", "", value)
    if not re.fullmatch(r"\+?\d{6,15}", digits):
        raise ValueError("is not a telephone number; ask for it with the country code")
    return digits
