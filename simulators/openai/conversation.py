"""The conversation of a Realtime session: its items, their order, and what they cost.

Knows OpenAI's rules about items and nothing about sockets or sound.
"""

from dataclasses import dataclass, field
from typing import Any, Final, Literal
from uuid import uuid4

from simulators.openai.errors import RealtimeRefusal

# OpenAI's accounting: a token is 100 ms of the user's sound, 50 ms of the model's
_USER_MS_PER_TOKEN: Final = 100
_MODEL_MS_PER_TOKEN: Final = 50
_LETTERS_PER_TOKEN: Final = 4
# what is cached is a whole number of these
_CACHE_STEP: Final = 64

Status = Literal["in_progress", "completed", "incomplete"]


def new_id(prefix: str) -> str:
    """Return a fresh identifier such as `item_0f3a...`."""
    return f"{prefix}_{uuid4().hex[:21]}"


@dataclass(slots=True, kw_only=True)
class Item:
    """One entry: a message, a function call, or a function's answer."""

    id: str
    type: Literal["message", "function_call", "function_call_output"]
    role: Literal["system", "user", "assistant"] | None = None
    status: Status = "completed"
    # of messages; for sound, the transcript
    text: str = field(default="", repr=False)
    # the words of a truncated item are not told any more
    is_truncated: bool = False
    # length of the sound in ms; None for text
    audio_ms: int | None = None
    # as the client sent it, if it did
    content: list[dict[str, Any]] | None = field(default=None, repr=False)
    call_id: str | None = None
    name: str | None = None
    arguments: str = field(default="", repr=False)
    output: str = field(default="", repr=False)

    def to_json(self) -> dict[str, Any]:
        """Return the item as events carry it; sound itself is left out, as OpenAI does."""
        base: dict[str, Any] = {
            "id": self.id,
            "object": "realtime.item",
            "type": self.type,
            "status": self.status,
        }
        if self.type == "function_call":
            return base | {
                "name": self.name,
                "call_id": self.call_id,
                "arguments": self.arguments,
            }
        if self.type == "function_call_output":
            return base | {"call_id": self.call_id, "output": self.output}
        return base | {"role": self.role, "content": self._content_json()}

    def _content_json(self) -> list[dict[str, Any]]:
        if self.content is not None:
            return self.content
        if self.role == "user" and self.audio_ms is not None:
            return [{"type": "input_audio", "transcript": self.text or None}]
        if self.role == "user":
            return [{"type": "input_text", "text": self.text}]
        if self.status == "in_progress":
            return []
        if self.audio_ms is not None:
            transcript = None if self.is_truncated else self.text
            return [{"type": "output_audio", "transcript": transcript}]
        return [{"type": "output_text", "text": self.text}]

    @property
    def text_tokens(self) -> int:
        """Tokens of everything that is not sound."""
        words = self.text if self.audio_ms is None else ""
        return -(-len(words + self.arguments + self.output + (self.name or "")) // 4)

    @property
    def audio_tokens(self) -> int:
        """Tokens of the sound."""
        per_token = _USER_MS_PER_TOKEN if self.role == "user" else _MODEL_MS_PER_TOKEN
        return -(-(self.audio_ms or 0) // per_token)


class Conversation:
    """The items in order. Every refusal leaves it as it was."""

    def __init__(self) -> None:
        self.id = new_id("conv")
        self._items: list[Item] = []
        self._cached = (0, 0)

    @property
    def items(self) -> tuple[Item, ...]:
        """All items, oldest first."""
        return tuple(self._items)

    def append(self, item: Item) -> str | None:
        """Add an item at the end and return the id of the one before it."""
        previous = self._items[-1].id if self._items else None
        self._items.append(item)
        return previous

    def create(self, sent: Any, previous_item_id: str | None) -> tuple[Item, str | None]:
        """Carry out `conversation.item.create`; return the item and the id before it.

        Raises:
            RealtimeRefusal: the item is malformed, its id taken, or its place unknown.
        """
        item = _item_from_json(sent)
        if any(other.id == item.id for other in self._items):
            raise RealtimeRefusal(
                "item_create_duplicate_item_id",
                f"Error creating item: an item with id '{item.id}' already exists.",
                param="item.id",
            )
        if item.type == "function_call_output" and item.call_id not in {
            other.call_id for other in self._items if other.type == "function_call"
        }:
            raise RealtimeRefusal(
                "invalid_tool_call_id",
                f"Tool call ID '{item.call_id}' not found in conversation.",
                param="item.call_id",
            )
        if previous_item_id is None:
            return item, self.append(item)
        if previous_item_id == "root":
            self._items.insert(0, item)
            return item, None
        place = self._place(previous_item_id, "create", "the previous item")
        self._items.insert(place + 1, item)
        return item, previous_item_id

    def delete(self, item_id: str) -> Item:
        """Carry out `conversation.item.delete`.

        Raises:
            RealtimeRefusal: there is no such item.
        """
        return self._items.pop(self._place(item_id, "delete"))

    def retrieve(self, item_id: str) -> Item:
        """Return the item.

        Raises:
            RealtimeRefusal: there is no such item.
        """
        return self._items[self._place(item_id, "retrieve")]

    def truncate(self, item_id: str, content_index: int, audio_end_ms: int) -> Item:
        """Forget what was not heard of the model's speech, in proportion to its words.

        "Truncating audio will delete the server-side text transcript": clients are not told it any
        more; what is kept is for the journal.

        Raises:
            RealtimeRefusal: there is no such item, it is no speech of the model, or it is
                already shorter than `audio_end_ms`.
        """
        item = self._items[self._place(item_id, "truncate")]
        if item.role != "assistant" or item.audio_ms is None:
            raise RealtimeRefusal(
                "invalid_value",
                "Only model output audio messages can be truncated.",
                param="item_id",
            )
        if content_index != 0:
            raise RealtimeRefusal(
                "invalid_value", f"Content part {content_index} not found.", param="content_index"
            )
        if audio_end_ms > item.audio_ms:
            raise RealtimeRefusal(
                "invalid_value",
                f"Audio content of {item.audio_ms}ms is already shorter than {audio_end_ms}ms",
                param="audio_end_ms",
            )
        item.text = spoken_part(item.text, audio_end_ms, item.audio_ms)
        item.audio_ms, item.is_truncated = audio_end_ms, True
        return item

    def usage(self, setting_letters: int, answer: list[Item]) -> dict[str, Any]:
        """Return the `usage` of a response whose items are `answer`.

        What earlier responses had as input is counted as cached.
        """
        ids = {item.id for item in answer}
        before = [item for item in self._items if item.id not in ids]
        text = -(-setting_letters // _LETTERS_PER_TOKEN) + sum(i.text_tokens for i in before)
        audio = sum(item.audio_tokens for item in before)
        cached_text, cached_audio = (
            min(old, new) // _CACHE_STEP * _CACHE_STEP
            for old, new in zip(self._cached, (text, audio), strict=True)
        )
        self._cached = (text, audio)
        # speech is billed as sound, its transcript as text
        out_text = sum(-(-len(i.text + i.arguments) // _LETTERS_PER_TOKEN) for i in answer)
        out_audio = sum(item.audio_tokens for item in answer)
        return {
            "total_tokens": text + audio + out_text + out_audio,
            "input_tokens": text + audio,
            "output_tokens": out_text + out_audio,
            "input_token_details": {
                "text_tokens": text,
                "audio_tokens": audio,
                "image_tokens": 0,
                "cached_tokens": cached_text + cached_audio,
                "cached_tokens_details": {
                    "text_tokens": cached_text,
                    "audio_tokens": cached_audio,
                    "image_tokens": 0,
                },
            },
            "output_token_details": {"text_tokens": out_text, "audio_tokens": out_audio},
        }

    def _place(self, item_id: str, verb: str, what: str = "the item") -> int:
        for place, item in enumerate(self._items):
            if item.id == item_id:
                return place
        doing = {"create": "creating", "delete": "deleting", "truncate": "truncating"}
        raise RealtimeRefusal(
            f"item_{verb}_invalid_item_id",
            f"Error {doing.get(verb, 'retrieving')} item: {what} with id '{item_id}' does not "
            "exist.",
            param="previous_item_id" if verb == "create" else "item_id",
        )


def spoken_part(text: str, heard_ms: int, whole_ms: int) -> str:
    """Return the words that fit into the first `heard_ms` of a text spoken in `whole_ms`."""
    if heard_ms >= whole_ms:
        return text
    letters = len(text) * heard_ms // max(whole_ms, 1)
    # a word that was not finished was not heard
    return text[:letters].rsplit(" ", 1)[0] if " " in text[:letters] else ""


def _item_from_json(sent: Any) -> Item:
    if not isinstance(sent, dict) or "type" not in sent:
        raise RealtimeRefusal(
            "missing_required_parameter",
            "Missing required parameter: 'item.type'.",
            param="item.type",
        )
    kind = sent["type"]
    item_id = sent.get("id") or new_id("item")
    if not isinstance(item_id, str) or len(item_id) > 32:
        raise RealtimeRefusal(
            "string_above_max_length",
            "Invalid 'item.id': string too long. Expected a string with maximum length 32.",
            param="item.id",
        )
    match kind:
        case "message":
            return _message_from_json(sent, item_id)
        case "function_call":
            return Item(
                id=item_id,
                type="function_call",
                call_id=_string(sent, "call_id"),
                name=_string(sent, "name"),
                arguments=_string(sent, "arguments"),
            )
        case "function_call_output":
            return Item(
                id=item_id,
                type="function_call_output",
                call_id=_string(sent, "call_id"),
                output=_string(sent, "output"),
            )
        case _:
            raise RealtimeRefusal(
                "invalid_value", f"Invalid value: '{kind}' for 'item.type'.", param="item.type"
            )


# the kinds of content that a role's messages may hold
_CONTENT: Final = {
    "system": {"input_text"},
    "user": {"input_text", "input_audio", "input_image"},
    "assistant": {"output_text", "output_audio"},
}


def _message_from_json(sent: dict[str, Any], item_id: str) -> Item:
    role, content = sent.get("role"), sent.get("content")
    if role not in _CONTENT:
        raise RealtimeRefusal(
            "invalid_value", f"Invalid value: '{role}' for 'item.role'.", param="item.role"
        )
    if not isinstance(content, list):
        raise RealtimeRefusal(
            "missing_required_parameter",
            "Missing required parameter: 'item.content'.",
            param="item.content",
        )
    words = []
    for number, part in enumerate(content):
        kind = part.get("type") if isinstance(part, dict) else None
        if kind not in _CONTENT[role]:
            allowed = ", ".join(f"'{name}'" for name in sorted(_CONTENT[role]))
            raise RealtimeRefusal(
                "invalid_value",
                f"Invalid value: '{kind}'. Supported values are: {allowed}.",
                param=f"item.content[{number}].type",
            )
        words.append(str(part.get("text") or part.get("transcript") or ""))
    return Item(
        id=item_id, type="message", role=role, text=" ".join(filter(None, words)), content=content
    )


def _string(sent: dict[str, Any], name: str) -> str:
    value = sent.get(name)
    if isinstance(value, str):
        return value
    param = f"item.{name}"
    if value is None:
        message = f"Missing required parameter: '{param}'."
        raise RealtimeRefusal("missing_required_parameter", message, param=param)
    message = f"Invalid type for '{param}': expected a string."
    raise RealtimeRefusal("invalid_type", message, param=param)
