"""A voice that a test leads: it does as it is told, tells what it is told to, and keeps a list."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import Any

from agents.media.tape import Tape
from agents.media.tool import Turn
from agents.media.voice import CallObserver, CannotSpeak, Models, RoomUnreachable


class ScriptedVoice:
    """A `Voice` without any sound."""

    def __init__(self, observer: CallObserver) -> None:
        self.observer = observer
        self.done: list[str] = []
        """What the session asked for, in order."""
        self.is_connected = False
        self.fails_with: Exception | None = None
        self.takes_s = 0.0
        self.is_mute = False
        """Whether the model takes no requests."""
        self.present: Callable[[], None] = lambda: None
        """What there is to tell already when the session begins to watch."""
        self.meanwhile: Callable[[], None] = lambda: None
        """What happens while something is said."""
        self.is_cut = False
        """Whether the customer speaks over what is said."""
        self.owes = False
        """Whether something was told that nobody has answered."""
        self.has_waited = False
        """Whether the last words were waited for."""
        self.can_stand_in = True
        self.has_clips = self.plays_for_ever = False
        self.tools: Sequence[Any] = ()
        self.is_quiet = True
        self.caller_speaks = self.has_operator = False
        self.heard_at = 0.0
        self.tape: Tape | None = None

    async def bring_up(
        self, instructions: str, tools: Sequence[Any], choose: Callable[[], Awaitable[Models]]
    ) -> None:
        await asyncio.sleep(self.takes_s)
        if self.fails_with is not None:
            raise self.fails_with
        self.tools = tools
        self.is_connected = True
        self.done.append("bring_up")

    def watch(self) -> None:
        self.present()

    async def stand_in(self) -> None:
        if not self.can_stand_in:
            raise RoomUnreachable("no-room")
        self.is_connected = True
        self.done.append("stand_in")

    def has_clip(self, words: str) -> bool:
        return self.has_clips

    async def play(self, words: str) -> bool:
        if self.plays_for_ever:
            await asyncio.Event().wait()
        if self.has_clips:
            self.done.append(f"play {words}")
        return self.has_clips

    def greet(self, instructions: str, words: str = "") -> None:
        self._speak("greet")

    def unmute(self) -> None:
        self.done.append("unmute")

    def begin(self) -> None:
        self.done.append("begin")

    def tell(self, sentence: str) -> None:
        self._speak(sentence)

    def owes_answer(self, turn: Turn) -> bool:
        return self.owes

    async def say(self, instructions: str) -> bool:
        self._speak("say")
        self.meanwhile()
        return not self.is_cut

    async def last_words(self) -> None:
        self.has_waited = True

    async def aclose(self) -> None:
        self.is_connected = False
        self.done.append("aclose")

    def _speak(self, what: str) -> None:
        if self.is_mute:
            raise CannotSpeak
        self.done.append(what)
