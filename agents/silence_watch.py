"""Watches a call for silence: has the agent ask once, and then says that the call is over."""

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable
from typing import Self

from agents.keypad import Keypad
from agents.media.voice import CannotSpeak, Voice
from agents.silence import Silence, Step
from shared.call.call import EndReason
from shared.profiles.phrases import spoken_in
from shared.profiles.profile import Silence as SilenceTimes

_log = logging.getLogger(__name__)

LOOK_EACH_S = 1.0
_QUESTION = (
    "The customer has said nothing for a while. Ask once whether they are still there, in the "
    'language that you have been speaking, such as "{}"'
)
_GOODBYE = (
    "The customer does not answer. Say in one short sentence, in the language that you have been "
    'speaking, that you hang up now, such as "I cannot hear you, so I hang up now. Goodbye."'
)


class SilenceWatch:
    """The watch of one call; `run` is a task of whoever leads the call."""

    def __init__(
        self,
        voice: Voice,
        keypad: Keypad,
        silence: Silence,
        *,
        question: str,
        goodbye: str,
        begin: Callable[[], bool],
        end: Callable[[EndReason], Awaitable[None]],
        look_each_s: float = LOOK_EACH_S,
    ) -> None:
        """Take who asks, and how.

        `goodbye` tells the model what to say at last. `begin` says whether the call can be ended
        now, and has nobody else end it; `end` ends it.
        """
        self._voice, self._keypad, self._silence = voice, keypad, silence
        self._question, self._goodbye = question, goodbye
        self._begin, self._end = begin, end
        self._look_each_s = look_each_s

    @classmethod
    def on(
        cls,
        voice: Voice,
        keypad: Keypad,
        *,
        begin: Callable[[], bool],
        end: Callable[[EndReason], Awaitable[None]],
        times: SilenceTimes | None = None,
        still_there: str = spoken_in("en", {}).still_there,
    ) -> Self:
        """Watch a call as its profile says."""
        times = times or SilenceTimes()
        return cls(
            voice,
            keypad,
            Silence(ask_after_s=times.ask_after_s, end_after_s=times.end_after_s),
            question=_QUESTION.format(still_there),
            goodbye=_GOODBYE,
            begin=begin,
            end=end,
            look_each_s=LOOK_EACH_S,
        )

    def heard(self) -> None:
        """Learn that the caller is there."""
        self._silence.heard(time.time())

    async def run(self) -> None:
        """Look until the call is over."""
        while True:
            await asyncio.sleep(self._look_each_s)
            self._silence.heard(self._voice.heard_at)
            is_quiet = self._voice.is_quiet and not self._keypad.is_waiting
            match self._silence.look(time.time(), is_quiet=is_quiet):
                case Step.ASK:
                    _log.info(
                        "Nobody says anything; the agent asks.", extra={"action": "silence-asked"}
                    )
                    await self._say(self._question)
                case Step.END if await self._say(self._goodbye):
                    if self._begin():
                        await self._end(EndReason.CALLER_SILENT)
                        return

    async def _say(self, instructions: str) -> bool:
        """Whether nobody said anything meanwhile."""
        began = time.time()
        try:
            is_whole = await self._voice.say(instructions)
        except CannotSpeak:
            # its session is being renewed, or lost: others see to that
            is_whole = True
        return is_whole and self._voice.heard_at < began and not self._keypad.is_waiting
