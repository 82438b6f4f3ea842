"""What a client may do with the items of a session's conversation."""

from collections.abc import Awaitable, Callable
from typing import Any

from simulators.openai.conversation import Conversation
from simulators.openai.errors import RealtimeRefusal
from simulators.openai.happening import Kind

Send = Callable[[dict[str, Any]], Awaitable[None]]


class Items:
    """Carries the events about items out; one per session."""

    def __init__(
        self, conversation: Conversation, *, send: Send, note: Callable[..., None]
    ) -> None:
        self._conversation = conversation
        self._send = send
        self._note = note
        self.handlers: dict[str, Callable[[dict[str, Any]], Awaitable[None]]] = {
            "conversation.item.create": self._create,
            "conversation.item.delete": self._delete,
            "conversation.item.retrieve": self._retrieve,
            "conversation.item.truncate": self._truncate,
        }

    async def _create(self, event: dict[str, Any]) -> None:
        item, previous = self._conversation.create(event.get("item"), event.get("previous_item_id"))
        for stage in ("added", "done"):
            await self._send(
                {
                    "type": f"conversation.item.{stage}",
                    "previous_item_id": previous,
                    "item": item.to_json(),
                }
            )
        self._note(Kind.ITEM_CREATED, item.text, role=item.role or item.type)
        if item.type == "function_call_output":
            self._note(Kind.TOOL_ANSWERED, item.output)

    async def _delete(self, event: dict[str, Any]) -> None:
        item = self._conversation.delete(named(event, "item_id", str))
        await self._send({"type": "conversation.item.deleted", "item_id": item.id})

    async def _retrieve(self, event: dict[str, Any]) -> None:
        item = self._conversation.retrieve(named(event, "item_id", str))
        await self._send({"type": "conversation.item.retrieved", "item": item.to_json()})

    async def _truncate(self, event: dict[str, Any]) -> None:
        end_ms = named(event, "audio_end_ms", int)
        index = named(event, "content_index", int)
        await self.truncate(named(event, "item_id", str), index, end_ms)

    async def truncate(self, item_id: str, content_index: int, audio_end_ms: int) -> None:
        """Forget what was not heard of the model's speech, and say so.

        Raises:
            RealtimeRefusal: it cannot be truncated there.
        """
        item = self._conversation.truncate(item_id, content_index, audio_end_ms)
        self._note(Kind.TRUNCATED, item.text, audio_end_ms=audio_end_ms)
        await self._send(
            {
                "type": "conversation.item.truncated",
                "item_id": item.id,
                "content_index": content_index,
                "audio_end_ms": audio_end_ms,
            }
        )


def named(event: dict[str, Any], name: str, kind: type[Any]) -> Any:
    """Return a field of an event.

    Raises:
        RealtimeRefusal: it is missing, or of another type.
    """
    value = event.get(name)
    if isinstance(value, kind) and not isinstance(value, bool):
        return value
    if value is None:
        raise RealtimeRefusal(
            "missing_required_parameter", f"Missing required parameter: '{name}'.", param=name
        )
    raise RealtimeRefusal("invalid_type", f"Invalid type for '{name}'.", param=name)
