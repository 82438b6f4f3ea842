"""A caller's end of a simulated WhatsApp call, whose words are spoken and heard."""

import asyncio
from collections.abc import Awaitable
from typing import Final, TypeVar

from simulators.meta.calls.talk import TURN_PAUSE_MS
from simulators.meta.calls.user_call import SimulatedCall
from simulators.phone.phone import CallOver
from simulators.speech.voice import CALLER

_RATE: Final = 16_000
_LONG_S: Final = 3600.0
"""Whoever plays the script has the patience."""
_TOOL_S: Final = 1.5
"""From the last word to where a model works on it; no phone hears a tool being called."""

_T = TypeVar("_T")


class SpokenEnd:
    """Speaks by the simulated voice, and listens for sound, not for words."""

    def __init__(self, call: SimulatedCall) -> None:
        """Take a call that is answered."""
        self._call, self._phone = call, call.phone

    async def hear_out(self) -> None:
        """Wait until the other side has spoken, and is silent for as long as people wait."""
        await self.hear_begin()
        await _unless_over(self._phone.wait_agent_quiet(TURN_PAUSE_MS, _LONG_S))

    async def hear_begin(self) -> None:
        """Wait until the other side speaks."""
        await _unless_over(self._phone.wait_agent_speaking(_LONG_S))

    async def say(self, words: str) -> None:
        """Speak."""
        sound, _ = await CALLER.speak(words, rate=_RATE)
        await self._phone.say(sound, _RATE)

    async def until_tool(self) -> None:
        """Wait for as long as a model takes to call one."""
        await asyncio.sleep(_TOOL_S)

    async def until_over(self) -> None:
        """Wait until the business has hung up."""
        await self._call.ended(_LONG_S)

    def hang_up(self) -> None:
        """Hang up; harmless when it is over."""
        if not self._call.is_over:
            self._call.hang_up()


async def _unless_over(waiting: Awaitable[_T]) -> None:
    try:
        await waiting
    except CallOver:
        # `until_over` tells of it
        await asyncio.Event().wait()
