"""What is said in a call, as its user has it: their own words, and what they hear, recognised."""

import contextlib
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum

from simulators.meta.calls.call import MetaCall
from simulators.phone.phone import CallOver
from simulators.phone.recording import Pcm
from simulators.speech import ear, voice
from simulators.speech.process import SpeechFailed

PAUSE_MS = 700
"""Silence after which what was heard is understood."""
_LONGEST_S = 60.0
# what arrives is placed by its timestamps, which may differ from its arrival
_MARGIN_S = 0.3
_RATE = 16_000
_NOT_UNDERSTOOD = "(speech that was not understood)"


class Speaker(StrEnum):
    """Who says something."""

    USER = "user"
    BUSINESS = "business"


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """Something said."""

    speaker: Speaker
    at_s: float
    """On the phone's axis."""
    text: str


class Hearing:
    """One call's talk."""

    def __init__(self, call: MetaCall) -> None:
        """Take the call; `listen` follows it."""
        self._call = call
        self._lines: list[Line] = []

    def __iter__(self) -> Iterator[Line]:
        """Return what was said, in order."""
        return iter(sorted(self._lines, key=lambda line: line.at_s))

    def note(self, text: str) -> None:
        """Write down what the user begins to say, or does."""
        self._lines.append(Line(speaker=Speaker.USER, at_s=self._call.phone.now, text=text))

    async def say(self, text: str) -> None:
        """Let the user say something as soon as they have said what is waiting."""
        pcm, rate = await voice.CALLER.speak(text)
        if not self._call.is_over:
            self.note(text)
            self._call.phone.say_soon(pcm, rate)

    async def listen(self) -> None:
        """Understand what the other side says, until the call is over."""
        phone = self._call.phone
        with contextlib.suppress(CallOver):
            while True:
                try:
                    began_s = await phone.wait_agent_speaking(_LONGEST_S)
                    ended_s = await phone.wait_agent_quiet(PAUSE_MS, _LONGEST_S)
                except TimeoutError:
                    continue
                sound = phone.heard.read_at(_RATE, began_s - _MARGIN_S, ended_s + _MARGIN_S)
                self._lines.append(
                    Line(speaker=Speaker.BUSINESS, at_s=began_s, text=await _understood(sound))
                )


async def _understood(sound: Pcm) -> str:
    try:
        heard = await ear.hear(sound, _RATE)
    except SpeechFailed:
        return _NOT_UNDERSTOOD
    return heard.text or _NOT_UNDERSTOOD
