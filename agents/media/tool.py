"""A tool that the model may call, and the turn that it is called in, whatever carries its voice."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol


class Turn(Protocol):
    """What the model says in the turn in which it called a tool."""

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


class ToolProblem(Exception):
    """What a tool was asked for was not done; the text tells the model why, and what to do."""

    def __init__(self, message: str) -> None:
        """Take the sentence for the model."""
        super().__init__(message)
        self.message = message


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

    def schema(self) -> dict[str, Any]:
        """Write name, description and parameters as the model is given them."""
        return {
            "name": self.name,
            "description": self.description,
            "parameters": dict(self.parameters),
        }
