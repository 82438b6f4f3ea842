"""One turn of the model's, as a tool sees it, and a tool, as livekit-agents wants it."""

from typing import Any

from livekit.agents import RunContext, function_tool
from livekit.agents.llm import ChatMessage, RawFunctionTool, ToolError

from agents.media.tool import Tool, ToolProblem


class ToolTurn:
    """A `Turn` on livekit-agents' `RunContext`."""

    def __init__(self, context: RunContext[Any]) -> None:
        """Take the context of the tool's call."""
        self._context = context

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


def livekit_tool(tool: Tool) -> RawFunctionTool[..., Any]:
    """Make a tool as livekit-agents takes it."""

    async def call(raw_arguments: dict[str, object], context: RunContext) -> str:  # type: ignore[type-arg]
        try:
            return await tool.run(raw_arguments, ToolTurn(context))
        except ToolProblem as problem:
            raise ToolError(problem.message) from None

    return function_tool(call, raw_schema=tool.schema())
