"""The model's calls of tools: each run once, answered, and replied to."""

from collections.abc import Callable, Sequence
from typing import Any

from agents.media.bridge.dialogue import Dialogue
from agents.media.bridge.session_config import answer_items
from agents.media.bridge.utterances import Call, Response
from agents.media.tool import Tool, Turn
from agents.media.tool_runner import ToolRunner
from shared.process.tasks import Tasks

# A model that calls tool after tool leaves the customer waiting; then it has to speak.
_MOST_STEPS = 3


class ToolCalls:
    """The calls of one conversation."""

    def __init__(
        self,
        dialogue: Dialogue,
        *,
        runner: ToolRunner,
        turn_of: Callable[[Call, Response | None], Turn],
        send: Callable[[dict[str, Any]], None],
        reply: Callable[[dict[str, Any]], None],
    ) -> None:
        """Take what is said, who runs tools, their turns, the way to OpenAI, and who replies.

        `reply` takes the parameters of `response.create`.
        """
        self._dialogue, self._runner = dialogue, runner
        self._turn_of, self._send, self._reply = turn_of, send, reply
        self._tasks = Tasks()
        self._steps = self._running = 0

    def offer(self, tools: Sequence[Tool]) -> None:
        """Know these tools from now on."""
        self._runner.offer(tools)

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
            turn = self._turn_of(call, response)
            output = await self._runner.run(call.name, call.arguments, turn)
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
