"""Runs what the model calls: each call answered within its time, and told of once it is over.

One mechanism for every voice, so that what cannot be run (no such tool, no arguments) is answered
and told of as well.
"""

import asyncio
import json
import logging
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from time import monotonic

from agents.media.tool import Tool, ToolProblem, ToolUse, Turn

_log = logging.getLogger(__name__)

# Silence that a caller takes for a dead line begins at about two seconds; who was told "one
# moment" waits longer.
_SILENCE_S = 2.0
_PATIENCE_S = 6.0

_FAILED = "It could not be done: an internal error. Apologise, and go on without it."
_TOO_LATE = (
    "It did not end in time; whether it was done is not known, so do not promise it. Apologise, "
    "and go on without it."
)


class ToolRunner:
    """The tools of one call."""

    def __init__(
        self,
        tell: Callable[[ToolUse], None],
        *,
        silence_s: float = _SILENCE_S,
        patience_s: float = _PATIENCE_S,
    ) -> None:
        """Take who is told of each use."""
        self._tell = tell
        self._silence_s, self._patience_s = silence_s, patience_s
        self._tools: dict[str, Tool] = {}

    def offer(self, tools: Sequence[Tool]) -> None:
        """Know these tools from now on."""
        self._tools = {tool.name: tool for tool in tools}

    async def run(self, name: str, arguments: str, turn: Turn) -> str:
        """Run a tool, or explain why not; returns what the model is told, and never raises."""
        began_at, began = datetime.now(UTC), monotonic()
        tool, given = self._tools.get(name), read_arguments(arguments)
        output: str | None = None
        error: str | None = "cut-off"
        try:
            output, error = await self._output(name, tool, given, turn)
            return output
        finally:
            took_ms = round((monotonic() - began) * 1000)
            _log.info(
                "A tool was called.",
                extra={
                    "action": "tool-called",
                    # a name that we have not given may be anything
                    "tool": name if tool is not None else "unknown",
                    "took_ms": took_ms,
                    "error": error,
                },
            )
            self._tell(
                ToolUse(
                    call_id=turn.call_id,
                    name=name,
                    arguments={"unreadable": arguments} if given is None else given,
                    output=output,
                    error=error,
                    began_at=began_at,
                    took_ms=took_ms,
                )
            )

    async def _output(
        self, name: str, tool: Tool | None, given: dict[str, object] | None, turn: Turn
    ) -> tuple[str, str | None]:
        if tool is None:
            return f"There is no tool {name}.", "unknown-tool"
        if given is None:
            return (
                "Not done. The arguments are no JSON object. Correct it and call again.",
                "bad-arguments",
            )
        filling = asyncio.create_task(self._fill(tool, turn), name="tool-filler")
        limit = asyncio.timeout(tool.within_s)
        try:
            async with limit:
                return await tool.run(given, turn), None
        except ToolProblem as problem:
            return problem.message, problem.slug
        except Exception as error:
            if limit.expired():
                return _TOO_LATE, "timeout"
            _log.error(
                "A tool failed.",
                extra={"action": "tool-failed", "tool": tool.name, "error": type(error).__name__},
            )
            return _FAILED, "failed"
        finally:
            filling.cancel()

    async def _fill(self, tool: Tool, turn: Turn) -> None:
        """Have the model say that it takes a moment; again, should that pass as well."""
        if not tool.filler:
            return
        await asyncio.sleep(self._patience_s if turn.has_words else self._silence_s)
        while True:
            turn.fill(tool.filler)
            await asyncio.sleep(self._patience_s)


def read_arguments(text: str) -> dict[str, object] | None:
    """Read what the model calls a tool with; `None`: it is no JSON object."""
    try:
        arguments = json.loads(text or "{}")
    except (ValueError, RecursionError):
        return None
    return arguments if isinstance(arguments, dict) else None
