"""What all parts of a profile have alike, and the kinds of words in them."""

import re
from typing import Annotated
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field


class Part(BaseModel):
    """Part of a profile: cannot be changed, and has no fields that nobody knows."""

    # the sentence under a field is its description: docs/profiles.md is made of them
    model_config = ConfigDict(
        frozen=True, extra="forbid", use_attribute_docstrings=True, hide_input_in_errors=True
    )


def _listed(value: object) -> object:
    """Take one word where several may stand."""
    return [value] if isinstance(value, str) else value


def _variable(value: str) -> str:
    if not re.fullmatch(r"[A-Za-z_][A-Za-z0-9_]*", value):
        raise ValueError("it must be the name of a variable that holds the secret, not the secret")
    return value


def _digits(value: object) -> object:
    """Take digits that nobody has put into quotes, which YAML reads as a number."""
    return str(value) if isinstance(value, int) and not isinstance(value, bool) else value


def _is_digits(value: str) -> str:
    if not re.fullmatch(r"[0-9]+", value):
        raise ValueError("it must be digits alone")
    return value


def _language(value: str) -> str:
    # RFC 5646, as far as people write it: language, script, region
    if not re.fullmatch(r"[a-z]{2,3}(-[A-Z][a-z]{3})?(-([A-Z]{2}|[0-9]{3}))?", value):
        raise ValueError("it must be a language such as en or pt-BR")
    return value


def _zone(value: str) -> str:
    try:
        ZoneInfo(value)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise ValueError("it must be a time zone such as Europe/Madrid") from None
    return value


def _one_sentence(value: str) -> str:
    text = " ".join(value.split())
    if re.search(r"[.!?]\s+\S", text):
        raise ValueError("it must be one sentence")
    return text


def _all_different(values: tuple[str, ...]) -> tuple[str, ...]:
    if len(set(values)) < len(values):
        raise ValueError("it names something twice")
    return values


def _slug(value: str) -> str:
    if not re.fullmatch(r"[a-z][a-z0-9]*([_-][a-z0-9]+)*", value):
        raise ValueError("it must be small letters and digits with _ or - between, such as no_show")
    return value


Words = Annotated[str, Field(min_length=1), AfterValidator(lambda text: " ".join(text.split()))]
Sentence = Annotated[str, Field(min_length=1), AfterValidator(_one_sentence)]
Variable = Annotated[str, AfterValidator(_variable)]
Digits = Annotated[str, BeforeValidator(_digits), AfterValidator(_is_digits)]
Language = Annotated[str, AfterValidator(_language)]
Zone = Annotated[str, AfterValidator(_zone)]
Slug = Annotated[str, AfterValidator(_slug)]
Name = Annotated[str, Field(min_length=1)]
Names = Annotated[
    tuple[Name, ...], BeforeValidator(_listed), Field(min_length=1), AfterValidator(_all_different)
]
Languages = Annotated[
    tuple[Language, ...],
    BeforeValidator(_listed),
    Field(min_length=1),
    AfterValidator(_all_different),
]
Slugs = Annotated[
    tuple[Slug, ...], BeforeValidator(_listed), Field(min_length=1), AfterValidator(_all_different)
]
