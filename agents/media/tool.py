"""A tool that the model may call, and the turn that it is called in, whatever carries its voice."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Protocol


class Turn(Protocol):
    """What the model says in the turn in which it called a tool."""

    @property
    def call_id(self) -> str:
        """OpenAI's id of the tool's call: the same for whoever runs it, should that be two."""

    @property
    def reply(self) -> object:
        """What the voice knows it by."""

    async def heard(self) -> None:
        """Wait until what it said before the tool was called has been heard, or cut off."""

    @property
    def has_words(self) -> bool:
        """Whether it said anything, by what has been heard so far."""

    @property
    def was_cut(self) -> bool:
        """Whether the customer spoke over it, or has begun to since it was heard."""

    def hush(self) -> None:
        """Stop what is being said, by OpenAI and on its way."""

    def fill(self, instructions: str) -> None:
        """Have the model say something short, unless somebody speaks; never raises."""


class ToolProblem(Exception):
    """What a tool was asked for was not done; the text tells the model why, and what to do."""

    def __init__(self, message: str, *, slug: str = "refused") -> None:
        """Take the sentence for the model, and a kebab-case word for the records."""
        super().__init__(message)
        self.message, self.slug = message, slug


@dataclass(frozen=True, slots=True, kw_only=True)
class Tool:
    """A function with its description."""

    name: str
    description: str
    parameters: Mapping[str, Any]
    """A JSON schema of an object."""
    run: Callable[[dict[str, object], Turn], Awaitable[str]] = field(repr=False)
    """Takes the model's arguments and the turn that they belong to; returns what the model is told.

    Raises `ToolProblem`."""
    within_s: float = 10.0
    """After so many seconds the model is told that it did not end in time."""
    filler: str = field(default="", repr=False)
    """How the model is told to bridge a long wait; empty: nothing is said meanwhile."""

    def schema(self) -> dict[str, Any]:
        """Write name, description and parameters as the model is given them."""
        return {
            "name": self.name,
            "description": self.description,
            "parameters": dict(self.parameters),
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class ToolUse:
    """One call of a tool, when it is over."""

    call_id: str
    """OpenAI's id of it."""
    name: str = field(repr=False)
    """As the model wrote it."""
    arguments: Mapping[str, object] = field(repr=False)
    output: str | None = field(repr=False)
    """What the model was told; `None`: the call was over before."""
    error: str | None
    """Why it was not done, as a slug; `None`: it was."""
    began_at: datetime
    took_ms: int
