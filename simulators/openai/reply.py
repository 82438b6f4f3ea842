"""One response of the Realtime API: its events in OpenAI's order, its sound at a set pace."""

import asyncio
import base64
import json
from collections.abc import Awaitable, Callable
from typing import Any, Final, Literal

import numpy as np
from numpy.typing import NDArray

from simulators.openai.config import RATE, SessionConfig
from simulators.openai.conversation import Conversation, Item, new_id
from simulators.openai.line import Line
from simulators.openai.scenario import ToolCall

_CHUNK_MS: Final = 100
_CHUNK: Final = RATE * _CHUNK_MS // 1000
# sent at once, before the pace counts: a model's first audio comes in a burst as well
_BURST_MS: Final = 300

Send = Callable[[dict[str, Any]], Awaitable[None]]
# called with the milliseconds of sound sent so far
Progress = Callable[[int], None]


class Reply:
    """A response while it is made. Whoever cancels its task then calls `abandon`."""

    def __init__(
        self,
        *,
        conversation: Conversation,
        config: SessionConfig,
        send: Send,
        metadata: dict[str, str] | None,
        pace: float,
        settings_letters: int,
    ) -> None:
        self.id = new_id("resp")
        self._conversation = conversation
        self._config = config
        self._send = send
        self._metadata = metadata
        self._pace = pace
        self._settings_letters = settings_letters
        self._items: list[Item] = []
        # the message that is being spoken
        self._open: Item | None = None

    @property
    def spoken(self) -> Item | None:
        """The message, once it has begun."""
        return next((item for item in self._items if item.type == "message"), None)

    async def begin(self) -> None:
        """Announce the response."""
        await self._send({"type": "response.created", "response": self._json("in_progress")})
        await self._send({"type": "rate_limits.updated", "rate_limits": _RATE_LIMITS})

    async def say(
        self,
        text: str,
        samples: NDArray[np.int16],
        progress: Progress,
        line: Line | None = None,
    ) -> None:
        """Stream a spoken message; `progress` is called before every portion of sound.

        With a line the sound goes there, and is spoken long after it has been made.
        """
        item = Item(
            id=new_id("item"), type="message", role="assistant", status="in_progress", audio_ms=0
        )
        await self._open_message(item, {"type": "audio", "transcript": ""})
        clock = asyncio.get_running_loop()
        started, whole = clock.time(), max(len(samples), 1)
        words = text.split(" ")
        told = 0
        for first in range(0, len(samples), _CHUNK):
            at_ms = first * 1000 // RATE
            if self._pace > 0 and at_ms > _BURST_MS:
                due = started + (at_ms - _BURST_MS) / 1000 / self._pace
                await asyncio.sleep(due - clock.time())
            progress(at_ms)
            # the transcript runs ahead of the sound
            ready = min(len(words), -(-len(words) * (first + 2 * _CHUNK) // whole))
            if ready > told:
                delta = (" " if told else "") + " ".join(words[told:ready])
                told, item.text = ready, item.text + delta
                await self._part("response.output_audio_transcript.delta", item, delta=delta)
            chunk = samples[first : first + _CHUNK]
            item.audio_ms = (first + len(chunk)) * 1000 // RATE
            if line is not None:
                line.add(chunk, response_id=self.id, item_id=item.id)
                continue
            sound = base64.b64encode(chunk.astype("<i2").tobytes()).decode()
            await self._part("response.output_audio.delta", item, delta=sound)
        if line is not None:
            line.end_speech()
        await self._close_message("completed")

    async def write(self, text: str) -> None:
        """Send a message as text, for sessions without sound."""
        item = Item(id=new_id("item"), type="message", role="assistant", status="in_progress")
        await self._open_message(item, {"type": "text", "text": ""})
        item.text = text
        await self._part("response.output_text.delta", item, delta=text)
        await self._close_message("completed")

    async def call(self, call: ToolCall) -> Item:
        """Send a function call."""
        item = Item(
            id=new_id("item"),
            type="function_call",
            status="in_progress",
            call_id=new_id("call"),
            name=call.tool,
        )
        await self._add(item)
        item.arguments = json.dumps(call.arguments, ensure_ascii=False)
        place = {"item_id": item.id, "call_id": item.call_id}
        name = "response.function_call_arguments"
        await self._event(f"{name}.delta", item, **place, delta=item.arguments)
        await self._event(f"{name}.done", item, **place, name=item.name, arguments=item.arguments)
        item.status = "completed"
        await self._done(item)
        return item

    async def finish(self) -> None:
        """End the response as completed."""
        await self._send({"type": "response.done", "response": self._json("completed")})

    async def fail(self, code: str, message: str) -> None:
        """End the response as failed."""
        details = {
            "type": "failed",
            "error": {"type": "server_error", "code": code, "message": message},
        }
        await self._close_message("incomplete")
        await self._send({"type": "response.done", "response": self._json("failed", details)})

    async def abandon(self, reason: Literal["turn_detected", "client_cancelled"]) -> None:
        """End the response as cancelled, with what has been sent so far."""
        await self._close_message("incomplete")
        details = {"type": "cancelled", "reason": reason}
        await self._send({"type": "response.done", "response": self._json("cancelled", details)})

    async def _open_message(self, item: Item, part: dict[str, str]) -> None:
        self._open = item
        await self._add(item)
        await self._part("response.content_part.added", item, part=part)

    async def _close_message(self, status: Literal["completed", "incomplete"]) -> None:
        item, self._open = self._open, None
        if item is None:
            return
        item.status = status
        if item.audio_ms is None:
            part = {"type": "text", "text": item.text}
            await self._part("response.output_text.done", item, text=item.text)
        else:
            part = {"type": "audio", "transcript": item.text}
            await self._part("response.output_audio.done", item)
            done = "response.output_audio_transcript.done"
            await self._part(done, item, transcript=item.text)
        await self._part("response.content_part.done", item, part=part)
        await self._done(item)

    async def _add(self, item: Item) -> None:
        self._items.append(item)
        previous = self._conversation.append(item)
        await self._event("response.output_item.added", item, item=item.to_json())
        await self._send(
            {
                "type": "conversation.item.added",
                "previous_item_id": previous,
                "item": item.to_json(),
            }
        )

    async def _done(self, item: Item) -> None:
        place = self._conversation.items.index(item) if item in self._conversation.items else 0
        previous = self._conversation.items[place - 1].id if place else None
        await self._event("response.output_item.done", item, item=item.to_json())
        await self._send(
            {
                "type": "conversation.item.done",
                "previous_item_id": previous,
                "item": item.to_json(),
            }
        )

    async def _part(self, kind: str, item: Item, **fields: Any) -> None:
        await self._event(kind, item, item_id=item.id, content_index=0, **fields)

    async def _event(self, kind: str, about: Item, /, **fields: Any) -> None:
        await self._send(
            {
                "type": kind,
                "response_id": self.id,
                "output_index": self._items.index(about),
                **fields,
            }
        )

    def _json(self, status: str, details: dict[str, Any] | None = None) -> dict[str, Any]:
        over = status != "in_progress"
        output = self._config.audio.output
        return {
            "object": "realtime.response",
            "id": self.id,
            "status": status,
            "status_details": details,
            "output": [item.to_json() for item in self._items],
            "conversation_id": self._conversation.id,
            "output_modalities": self._config.output_modalities,
            "max_output_tokens": self._config.max_output_tokens,
            "audio": {"output": output.model_dump(mode="json", include={"format", "voice"})},
            "usage": self._conversation.usage(self._settings_letters, self._items)
            if over
            else None,
            "metadata": self._metadata,
        }


_RATE_LIMITS: Final = [
    {"name": "requests", "limit": 10_000, "remaining": 9_999, "reset_seconds": 0.006},
    {"name": "tokens", "limit": 2_000_000, "remaining": 1_995_000, "reset_seconds": 0.15},
]
