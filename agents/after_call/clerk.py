"""Runs the functions that a model calls after a call, and keeps what they were asked."""

import json
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from agents.media.tool import ToolProblem
from shared.call.ids import CallId
from shared.call.records import ToolCall


@dataclass(frozen=True, slots=True, kw_only=True)
class Function:
    """What the model may have run."""

    name: str
    description: str
    parameters: Mapping[str, Any] = field(repr=False)
    """A JSON schema of an object."""
    run: Callable[[dict[str, object]], Awaitable[str]] = field(repr=False)
    """Takes the arguments; returns what the model is told. Raises `ToolProblem`."""

    def to_json(self) -> dict[str, Any]:
        """Write it as the Responses API takes it."""
        return {
            "type": "function",
            "name": self.name,
            "description": self.description,
            "parameters": dict(self.parameters),
            # optional arguments are left out, which strict functions do not know
            "strict": False,
        }


class Clerk:
    """The functions of one conversation."""

    def __init__(self, call_id: CallId, functions: Sequence[Function]) -> None:
        """Take the call that they work on."""
        self._call_id = call_id
        self._functions = {one.name: one for one in functions}
        self.done: list[ToolCall] = []
        """What was asked, in order, and what was answered."""

    def offer(self) -> list[dict[str, Any]]:
        """Write all functions as the Responses API takes them."""
        return [function.to_json() for function in self._functions.values()]

    async def run(self, name: str, arguments: str) -> str:
        """Run one; whatever is wrong is told to the model in words.

        Args:
            name: of the function, as the model wrote it.
            arguments: JSON, as the model wrote it.
        """
        began_at, began = datetime.now(UTC), time.monotonic()
        given, error = _object_in(arguments), None
        function = self._functions.get(name)
        try:
            if function is None:
                raise ToolProblem("There is no function of that name.")
            if given is None:
                raise ToolProblem("The arguments are no JSON object. Call again with one.")
            result = await function.run(given)
        except ToolProblem as problem:
            result, error = problem.message, problem.slug
        self.done.append(
            ToolCall(
                # by its place: read a second time, the conversation leaves the same rows
                id=ToolCall.id_of(self._call_id, f"workflow|{len(self.done) + 1}"),
                call_id=self._call_id,
                source="workflow",
                name=name[:200] or "?",
                arguments=given or {},
                result=result,
                error=error,
                began_at=began_at,
                latency_ms=round((time.monotonic() - began) * 1000),
            )
        )
        return result


def _object_in(text: str) -> dict[str, object] | None:
    try:
        found = json.loads(text)
    except (ValueError, RecursionError):
        return None
    return found if isinstance(found, dict) else None
