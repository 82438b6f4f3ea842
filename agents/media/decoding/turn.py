"""One turn of the model's, as a tool sees it, and a tool, as livekit-agents wants it."""

import contextlib
import json
from typing import Any

from livekit.agents import RunContext, function_tool
from livekit.agents.llm import ChatMessage, RawFunctionTool, RealtimeError

from agents.media.tool import Tool
from agents.media.tool_runner import ToolRunner


class ToolTurn:
    """A `Turn` on livekit-agents' `RunContext`."""

    def __init__(self, context: RunContext[Any]) -> None:
        """Take the context of the tool's call."""
        self._context = context

    @property
    def call_id(self) -> str:
        """OpenAI's id of the tool's call."""
        return self._context.function_call.call_id

    @property
    def reply(self) -> object:
        """What `generate_reply` returned, if the turn was asked for."""
        return self._context.speech_handle

    async def heard(self) -> None:
        """Wait until what was said before the tool was called has been heard, or cut off."""
        await self._context.wait_for_playout()

    @property
    def has_words(self) -> bool:
        """Whether anything was said in this turn, by what has been heard of it so far."""
        return any(
            isinstance(item, ChatMessage)
            and item.role == "assistant"
            and bool((item.text_content or "").strip())
            for item in self._context.speech_handle.chat_items
        )

    @property
    def was_cut(self) -> bool:
        """Whether the customer spoke over it, or has begun to since it was heard."""
        return self._context.speech_handle.interrupted

    def hush(self) -> None:
        """Stop what is being said."""
        self._context.session.interrupt()

    def fill(self, instructions: str) -> None:
        """Have the model say something short, unless somebody speaks."""
        session = self._context.session
        if session.agent_state == "speaking" or session.user_state == "speaking":
            return
        with contextlib.suppress(RealtimeError, RuntimeError):
            session.generate_reply(instructions=instructions, tool_choice="none")


def livekit_tool(tool: Tool, runner: ToolRunner) -> RawFunctionTool[..., Any]:
    """Make a tool as livekit-agents takes it."""

    async def call(raw_arguments: dict[str, object], context: RunContext) -> str:  # type: ignore[type-arg]
        return await runner.run(tool.name, json.dumps(raw_arguments), ToolTurn(context))

    return function_tool(call, raw_schema=tool.schema())
