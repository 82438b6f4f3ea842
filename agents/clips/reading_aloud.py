"""A session with OpenAI in which words are said one after the other, to be kept."""

import asyncio
import json
import uuid
from collections.abc import Callable
from typing import Any

from agents.media.voice import OpenAIUnreachable
from shared.bridge.events import Happening, LegEvent

_STOPPED = "output_audio_buffer.stopped"
_TRANSCRIPT = "response.output_audio_transcript.done"


class ReadingAloud:
    """What is known of one reply after the other; events may come twice, and by two ways."""

    def __init__(self, leg_told: Callable[[LegEvent], None] = lambda _: None) -> None:
        """Take who else is told of what happens to the leg."""
        self._leg_told = leg_told
        self._ask = self._response = ""
        self._is_told = self._has_stopped = False
        self._words = ""
        self._failure = ""
        self._changed = asyncio.Event()

    def ask(self, text: str) -> dict[str, Any]:
        """Begin with a text; return what OpenAI is to be sent."""
        self._ask, self._response, self._words = uuid.uuid4().hex[:16], "", ""
        self._is_told = self._has_stopped = False
        instructions = f'Say exactly these words and nothing else: "{text}"'
        response = {"instructions": instructions, "metadata": {"ask": self._ask}}
        return {"type": "response.create", "event_id": self._ask, "response": response}

    async def said(self) -> str:
        """Wait until it was said; return what OpenAI says that it was.

        Raises:
            OpenAIUnreachable: it was not.
        """
        while not (self._is_told and self._has_stopped):
            if self._failure:
                raise OpenAIUnreachable(self._failure)
            self._changed.clear()
            await self._changed.wait()
        return self._words

    def openai_told(self, event: dict[str, Any], _: float = 0.0) -> None:
        """Take an event of OpenAI's."""
        match event.get("type"):
            case "response.created" | "response.done":
                self._respond(event.get("response"))
            case "error":
                error = event.get("error")
                code = error.get("code") if isinstance(error, dict) else None
                self.fail(str(code or "error"))
            case kind if self._response and event.get("response_id") == self._response:
                if kind == _STOPPED:
                    self._has_stopped = True
                elif kind == _TRANSCRIPT:
                    self._words, self._is_told = str(event.get("transcript") or ""), True
        self._changed.set()

    def _respond(self, body: object) -> None:
        if not isinstance(body, dict) or (body.get("metadata") or {}).get("ask") != self._ask:
            return
        self._response = str(body.get("id") or "")
        if body.get("status") not in (None, "in_progress", "completed"):
            self.fail(str(body["status"]))

    def leg_told(self, event: LegEvent) -> None:
        """Take an event of the leg's."""
        self._leg_told(event)
        match event.happening:
            case Happening.MESSAGE:
                self.openai_told(json.loads(event.text("text")))
            case Happening.PEER_LOST | Happening.ROOM_LOST | Happening.CLOSED:
                self.fail(event.happening.value)

    def bridge_lost(self) -> None:
        """The bridge has died."""
        self.fail("bridge-lost")

    def fail(self, cause: str) -> None:
        """Learn that nothing more will be said."""
        self._failure = self._failure or cause
        self._changed.set()
