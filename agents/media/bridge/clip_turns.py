"""Clips as turns of the talk: of each the dialogue is told as of a response of OpenAI's.

So a clip is written down, waited for, cut off by whoever speaks over it, and known to the next
session, by the rules that there are for what the model says. The model itself is told in writing.
"""

import uuid
from collections.abc import Awaitable, Callable
from typing import Any

from agents.media.bridge.dialogue import REPLAYED, Dialogue
from agents.media.bridge.heard import MS_PER_AUDIO_TOKEN, heard_part
from agents.media.bridge.session_config import CUT_OFF, assistant_item
from agents.media.clip import Clip
from shared.bridge.events import Happening, LegEvent
from shared.bridge.legs import Side
from shared.process.tasks import Tasks

_PREFIX = "clip_"
Event = dict[str, Any]


class ClipTurns:
    """The clips of one call, one at a time."""

    def __init__(
        self,
        dialogue: Dialogue,
        *,
        take: Callable[[Event, float], None],
        send: Callable[[Event], None],
        put: Callable[[Clip], Awaitable[bool]],
    ) -> None:
        """Take what is said, and the ways: into it, to OpenAI, and to whoever plays a clip."""
        self._dialogue = dialogue
        self._take, self._send, self._put = take, send, put
        self._playing: Clip | None = None
        self._id = ""
        self._is_told = False
        self._tasks = Tasks()

    @property
    def is_playing(self) -> bool:
        """Whether one is being played, or waits to be."""
        return self._playing is not None

    @property
    def waiting(self) -> Clip | None:
        """The one that waits until the caller hears."""
        return self._playing if self._dialogue.released_at is None else None

    def play(self, clip: Clip, now: float, *, is_told: bool) -> str:
        """Have a clip be heard as soon as the caller hears; return the response that it is.

        `is_told`: whether there is a session to be told of it.
        """
        self.break_off()
        self._playing, self._is_told = clip, is_told
        self._id = turn = f"{_PREFIX}{uuid.uuid4().hex[:16]}"
        part = {"type": "output_audio", "transcript": clip.text}
        item = {"id": turn, "type": "message", "role": "assistant", "content": [part]}
        self._take({"type": "response.created", "response": {"id": turn}}, now)
        self._take(
            {
                "type": "response.output_item.added",
                "response_id": turn,
                "item": item | {"status": "completed"},
            },
            now,
        )
        if is_told:
            self._tell(clip.text)
        self._tasks.spawn(self._begin(clip, turn, now))
        if self._dialogue.released_at is not None:
            self.released(now)
        return turn

    def released(self, at: float) -> None:
        """Learn that the caller hears from now on."""
        clip = self._playing
        if clip is None or self._dialogue.responses[self._id].status:
            return
        tokens = {"output_token_details": {"audio_tokens": clip.ms // MS_PER_AUDIO_TOKEN}}
        body = {"id": self._id, "status": "completed", "usage": tokens}
        self._take({"type": "output_audio_buffer.started", "response_id": self._id}, at)
        self._take({"type": "response.done", "response": body}, at)

    def leg_told(self, event: LegEvent, now: float) -> None:
        """Learn that one was played to its end."""
        clip = self._playing
        is_it = event.happening is Happening.PLAYED and event.text("stream") == Side.ROOM
        if is_it and clip is not None and event.text("clip") == clip.name:
            self._playing = None
            self._take({"type": "output_audio_buffer.stopped", "response_id": self._id}, now)

    def customer_spoke(self, now: float) -> None:
        """End here, since the leg has dropped the rest; the model is told what was heard."""
        clip, self._playing = self._playing, None
        if clip is None:
            return
        heard_ms = round(
            self._dialogue.responses[self._id].heard_ms(now, self._dialogue.released_at)
        )
        self._take({"type": "output_audio_buffer.cleared", "response_id": self._id}, now)
        self._take(
            {
                "type": "conversation.item.truncated",
                "item_id": self._id,
                "audio_end_ms": heard_ms,
            },
            now,
        )
        if self._is_told:
            self._untell(self._id)
            words = heard_part(clip.text, heard_ms, clip.ms)
            if words:
                self._tell(words + CUT_OFF, again=True)

    def break_off(self) -> None:
        """Learn that it was cut off for another reason."""
        self._playing = None

    async def aclose(self) -> None:
        """Stop."""
        self.break_off()
        await self._tasks.close()

    async def _begin(self, clip: Clip, turn: str, now: float) -> None:
        if await self._put(clip) or self._id != turn or self._playing is None:
            return
        self._playing = None
        body = {"id": turn, "status": "failed"}
        self._take({"type": "output_audio_buffer.cleared", "response_id": turn}, now)
        self._take({"type": "response.done", "response": body}, now)
        if self._is_told:
            self._untell(turn)

    # what the model is told has an id of which the dialogue knows that it is no news

    def _tell(self, words: str, *, again: bool = False) -> None:
        item = assistant_item(words) | {"id": f"{REPLAYED}{self._id}{'c' if again else ''}"}
        self._send({"type": "conversation.item.create", "item": item})

    def _untell(self, turn: str) -> None:
        self._send({"type": "conversation.item.delete", "item_id": f"{REPLAYED}{turn}"})
