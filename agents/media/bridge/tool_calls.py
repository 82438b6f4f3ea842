"""The model's calls of tools: each run once, answered, and replied to."""

import logging
from collections.abc import Callable, Sequence
from typing import Any

from agents.media.bridge.dialogue import Dialogue
from agents.media.bridge.session_config import answer_items, read_arguments
from agents.media.bridge.utterances import Call, Response
from agents.media.tool import Tool, ToolProblem, Turn
from shared.process.tasks import Tasks

_log = logging.getLogger(__name__)

# A model that calls tool after tool leaves the customer waiting; then it has to speak.
_MOST_STEPS = 3
_FAILED = "It could not be done: an internal error. Apologise, and go on without it."


class ToolCalls:
    """The calls of one conversation."""

    def __init__(
        self,
        dialogue: Dialogue,
        *,
        turn_of: Callable[[Response | None], Turn],
        send: Callable[[dict[str, Any]], None],
        reply: Callable[[dict[str, Any]], None],
    ) -> None:
        """Take what is said, how a tool sees its turn, the way to OpenAI, and who replies.

        `reply` takes the parameters of `response.create`.
        """
        self._dialogue = dialogue
        self._turn_of, self._send, self._reply = turn_of, send, reply
        self._tools: dict[str, Tool] = {}
        self._tasks = Tasks()
        self._steps = self._running = 0

    def offer(self, tools: Sequence[Tool]) -> None:
        """Know these tools from now on."""
        self._tools = {tool.name: tool for tool in tools}

    def look(self) -> None:
        """Run what was called and does not run yet."""
        for call in self._dialogue.calls_to_run():
            call.is_begun = True
            self._running += 1
            self._tasks.spawn(self._run(call))

    def customer_spoke(self) -> None:
        """Learn that the model has something new to react to."""
        self._steps = 0

    @property
    def is_busy(self) -> bool:
        """Whether one runs."""
        return self._running > 0

    async def aclose(self) -> None:
        """Stop what runs."""
        await self._tasks.close()

    async def _run(self, call: Call) -> None:
        response = self._dialogue.response_of(call.id)
        try:
            output = await self._act(call, self._turn_of(response))
        finally:
            self._running -= 1
        self._dialogue.answered(call, output)
        # another session than the one that has called does not know of it
        for item in answer_items(call, is_known=call.session == self._dialogue.session):
            self._send({"type": "conversation.item.create", "item": item})
        if response is not None and self._dialogue.calls_without_answer(response):
            return  # the last of them is replied to
        self._steps += 1
        self._reply({} if self._steps < _MOST_STEPS else {"tool_choice": "none"})

    async def _act(self, call: Call, turn: Turn) -> str:
        tool = self._tools.get(call.name)
        arguments = read_arguments(call.arguments)
        if tool is None:
            return f"There is no tool {call.name}."
        if arguments is None:
            return "Not done. The arguments are no JSON object. Correct it and call again."
        try:
            return await tool.run(arguments, turn)
        except ToolProblem as problem:
            return problem.message
        except Exception as error:
            _log.error(
                "A tool failed.",
                extra={"action": "tool-failed", "tool": tool.name, "error": type(error).__name__},
            )
            return _FAILED
