"""What is wrong with a value, in words that a person understands."""

import inspect
import re
from collections.abc import Iterator
from datetime import datetime
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any, Literal

import pytest
from annotated_types import MinLen
from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, StrictBool, ValidationError

import agents.settings
import controlplane.http.bodies
import controlplane.settings
import shared.process.settings
from shared.process.problems import _PATTERNS, words_for

MODULES = (
    agents.settings,
    controlplane.http.bodies,
    controlplane.settings,
    shared.process.settings,
)


class Colour(StrEnum):
    """Two."""

    RED = "red"
    BLUE = "blue"


class Everything(BaseModel):
    """A field of every kind that settings and bodies have."""

    model_config = ConfigDict(extra="forbid")

    whole: int = 1
    over: Annotated[float, Field(gt=0, lt=3)] = 1
    between: Annotated[int, Field(ge=1, le=9)] = 1
    switch: bool = True
    strict: StrictBool = True
    text: Annotated[str, Field(min_length=1, max_length=3)] = "x"
    word: Annotated[str, Field(pattern=r"^[A-Za-z0-9_-]+$")] = "x"
    other: Annotated[str, Field(pattern="^x$")] = "x"
    colour: Colour = Colour.RED
    letter: Literal["a", "b"] = "a"
    moment: AwareDatetime | None = None
    naive: datetime | None = None
    things: dict[str, Any] = {}
    parts: Annotated[tuple[int, ...], MinLen(1)] = (1,)
    file: Path = Path()


def problem_with(**fields: Any) -> str:
    with pytest.raises(ValidationError) as caught:
        Everything.model_validate(fields)
    return words_for(caught.value.errors(include_url=False)[0])


@pytest.mark.parametrize(
    ("field", "value", "words"),
    [
        ("whole", "x", "it must be a whole number"),
        ("whole", 1.5, "it must be a whole number"),
        ("whole", None, "it must be a whole number"),
        ("whole", "9" * 5000, "it is too large a number"),
        ("over", "x", "it must be a number"),
        ("over", 0, "it must be more than 0"),
        ("over", 3, "it must be less than 3"),
        ("between", 0, "it must be 1 or more"),
        ("between", 10, "it must be 9 or less"),
        ("switch", "perhaps", "it must be true or false"),
        ("strict", "yes", "it must be true or false"),
        ("text", "", "it is empty"),
        ("text", "long", "it is longer than 3 characters"),
        ("text", 1, "it must be a text"),
        ("word", "a b", "it may have letters, digits, - and _ only"),
        ("other", "y", "it is not of the form that is wanted"),
        ("colour", "green", "it must be 'red' or 'blue'"),
        ("letter", "c", "it must be 'a' or 'b'"),
        ("moment", "2026-01-31T12:00:00", "it needs a time zone, such as Z"),
        ("moment", "soon", "it must be a time such as 2026-01-31T12:00:00Z"),
        ("naive", {}, "it must be a time such as 2026-01-31T12:00:00Z"),
        ("things", [], "it must be an object"),
        ("parts", (), "it must have 1 parts or more"),
        ("parts", "x", "it must be a list"),
        ("file", 1, "it must be the path of a file"),
        ("unknown", 1, "there is no such field"),
    ],
)
def test_each_kind_has_its_words(field: str, value: Any, words: str) -> None:
    """None of pydantic's own, no expression, nothing of the value."""
    assert problem_with(**{field: value}) == words


def patterns() -> Iterator[str]:
    """Every pattern in the settings and bodies, as their source has it."""
    for module in MODULES:
        # written in its field, or named above it
        named = r'(?:pattern=|^_[A-Z_]+ = )r"(\^[^"]+)"'
        yield from re.findall(named, inspect.getsource(module), re.MULTILINE)


def test_each_pattern_has_words() -> None:
    """Whoever adds one says what it means."""
    assert set(patterns()) == set(_PATTERNS)
