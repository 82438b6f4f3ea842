"""The goodbye: it is heard to its end, or the call goes on."""

import asyncio
import logging

from agents.keypad import Keypad
from agents.media.tool import Turn
from agents.media.voice import CannotSpeak, Voice

_log = logging.getLogger(__name__)

_WITHIN_S = 15.0
# What has left our source is still on its way through SFU, network and the phone's jitter buffer.
_TAIL_S = 0.4
_WORDS = (
    "Say goodbye now, in one short sentence and in the customer's language, such as "
    '"Thank you for calling. Goodbye."'
)


class Goodbye:
    """What is said before the agent hangs up."""

    def __init__(self, voice: Voice, keypad: Keypad, *, tail_s: float = _TAIL_S) -> None:
        """Take who says it, and where the customer's keys come in."""
        self._voice, self._keypad, self._tail_s = voice, keypad, tail_s

    async def is_last_word(self, turn: Turn) -> bool:
        """Let the turn's goodbye be heard, or say one if it had no words.

        `False`: the customer spoke over it or behind it, or has pressed keys that are not answered.
        """
        is_whole = await self._say(turn)
        await asyncio.sleep(self._tail_s)
        has_more = turn.was_cut or self._keypad.is_waiting or self._voice.owes_answer(turn)
        return is_whole and not has_more

    async def _say(self, turn: Turn) -> bool:
        try:
            async with asyncio.timeout(_WITHIN_S):
                await turn.heard()
                return turn.has_words or turn.was_cut or await self._voice.say(_WORDS)
        except TimeoutError:
            _log.warning(
                "The goodbye took too long; hanging up in the middle of it.",
                extra={"action": "goodbye-cut"},
            )
        except CannotSpeak:
            _log.warning(
                "The goodbye could not be said; hanging up without it.",
                extra={"action": "goodbye-unsaid"},
            )
        return True
