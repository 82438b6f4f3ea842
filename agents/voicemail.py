"""A machine has answered a call of ours: one message at most, then the call ends."""

import asyncio
import logging
from collections.abc import Awaitable, Callable

from agents.media.tool import Tool, Turn
from agents.media.voice import CannotSpeak, Voice
from shared.call.call import EndReason

_log = logging.getLogger(__name__)

OUTCOME = "voicemail"
"""What came of such a call, whatever the profile's own outcomes are."""
# A greeting and its tone last half a minute at most; then the machine listens.
_TONE_WITHIN_S = 30.0
_QUIET_FOR_S = 1.2
_LOOK_EACH_S = 0.1
_MESSAGE_WITHIN_S = 30.0
INSTRUCTIONS = (
    "If what you hear is a machine (a recorded greeting that does not wait for you, asks for a "
    "message after the tone, or says that nobody is there), call `voicemailReached` at once and "
    "say nothing to it."
)
_DESCRIPTION = (
    "A machine has answered, not a person: an answering machine, voicemail, a recorded "
    "announcement. Say nothing to it; what is to be left on it is said for you, and the call ends."
)
_ANSWERED = "A machine answered."
_LEFT = "A machine answered; a message was left on it."
_WRITE_WITHIN_S = 5.0
_OVER = "The call is over."
_NOT_NOW = "Not done: the call is not answered yet, or is ending already."


def doubt(lasted_s: float) -> str:
    """Ask the model to look twice at what it hears."""
    return (
        f"[What was heard first went on for {lasted_s:.0f} seconds without waiting for an answer. "
        "If it is a machine, call voicemailReached now. If it is a person, go on.]"
    )


class Voicemail:
    """What is done about a machine."""

    def __init__(
        self,
        voice: Voice,
        words: str | None,
        *,
        begin: Callable[[], bool],
        note: Callable[[str, str], Awaitable[None]],
        end: Callable[[EndReason], Awaitable[None]],
        quiet_for_s: float = _QUIET_FOR_S,
        tone_within_s: float = _TONE_WITHIN_S,
    ) -> None:
        """Take who speaks and the words to leave, if any.

        `begin` says whether the call can be ended now, and has nobody else end it. `note` takes
        outcome and summary to the call's row.
        """
        self._voice, self._words = voice, words
        self._begin, self._note, self._end = begin, note, end
        self._quiet_for_s, self._tone_within_s = quiet_for_s, tone_within_s

    def tool(self) -> Tool:
        """Make the tool that the model calls."""
        return Tool(
            name="voicemailReached",
            description=_DESCRIPTION,
            parameters={"type": "object", "properties": {}, "additionalProperties": False},
            run=self._reached,
            within_s=_TONE_WITHIN_S + _MESSAGE_WITHIN_S + 2 * _WRITE_WITHIN_S,
        )

    async def _reached(self, _: dict[str, object], turn: Turn) -> str:
        if not self._begin():
            return _NOT_NOW
        turn.hush()
        _log.info("A machine has answered.", extra={"action": "voicemail-reached"})
        left = self._words is not None and await self._leave(self._words)
        try:
            async with asyncio.timeout(_WRITE_WITHIN_S):
                await self._note(OUTCOME, _LEFT if left else _ANSWERED)
        except Exception as error:
            _log.warning(
                "What came of a call to a machine was not written.",
                extra={"action": "voicemail-unwritten", "error": type(error).__name__},
            )
        await self._end(EndReason.VOICEMAIL)
        return _OVER

    async def _leave(self, words: str) -> bool:
        """Say them once, when the machine listens; what it says meanwhile cuts them, and is all."""
        try:
            await self._until_it_listens()
            async with asyncio.timeout(_MESSAGE_WITHIN_S):
                return await self._voice.say(f'Say exactly this, and nothing else: "{words}"')
        except (CannotSpeak, TimeoutError):
            _log.warning(
                "The message could not be left on the machine.",
                extra={"action": "voicemail-unsaid"},
            )
            return False

    async def _until_it_listens(self) -> None:
        clock = asyncio.get_running_loop()
        until, quiet_since = clock.time() + self._tone_within_s, clock.time()
        while clock.time() < until and clock.time() - quiet_since < self._quiet_for_s:
            await asyncio.sleep(_LOOK_EACH_S)
            if self._voice.caller_speaks:
                quiet_since = clock.time()
