"""What a caller hears when there is no model: an apology instead of ringing, a farewell."""

import asyncio
import logging
from typing import Self

from agents.media.voice import RoomUnreachable, Voice
from agents.settings import Settings
from shared.call.brief import CallBrief
from shared.call.call import Direction, EndReason
from shared.profiles.phrases import Spoken
from shared.profiles.profile import Profile

_log = logging.getLogger(__name__)

# longer than any of them; the words themselves are a profile's
_WITHIN_S = 30.0
# what has left the bridge is still on its way through SFU, network and the phone's jitter buffer
_TAIL_S = 0.4


class Breakdown:
    """The words of one call that no model is needed for."""

    def __init__(
        self, voice: Voice, phrases: Spoken, *, apologises: bool, tail_s: float = _TAIL_S
    ) -> None:
        """Take who says them; `apologises`: whether a call is answered for an apology alone."""
        self._voice, self._phrases = voice, phrases
        self._apologises, self._tail_s = apologises, tail_s
        self._has_parted = False
        self.why: tuple[EndReason, str] | None = None
        """Why there is no model, with the cause, where the call is answered all the same."""

    @classmethod
    def of(cls, brief: CallBrief, profile: Profile, settings: Settings, voice: Voice) -> Self:
        """Make them as profile and settings say; who is called is not called for an apology."""
        apologises = settings.model_unreachable == "apologise"
        is_inbound = brief.direction is Direction.INBOUND
        return cls(voice, profile.spoken(), apologises=apologises and is_inbound)

    async def stand_in(self, reason: EndReason, cause: str) -> bool:
        """Have the call be answered without a model; `False`: it shall not be, or cannot."""
        if not self._apologises:
            return False
        if not self._voice.has_clip(self._phrases.apology):
            _log.warning(
                "No call can be answered with an apology: there is no clip of it yet.",
                extra={"action": "apology-missing"},
            )
            return False
        try:
            await self._voice.stand_in()
        except RoomUnreachable as error:
            _log.warning(
                "The call could not be answered with an apology.",
                extra={"action": "apology-impossible", "cause": error.cause},
            )
            return False
        self.why = reason, cause
        _log.warning(
            "No model can be reached; the call is answered with an apology.",
            extra={"action": "apology-ready", "reason": reason.value, "cause": cause},
        )
        return True

    async def apologise(self) -> None:
        """Say it, and let it be heard; bounded."""
        await self._say(self._phrases.apology)

    async def part(self) -> bool:
        """Say goodbye in the middle of the call, and let it be heard; bounded.

        `False`: it is being said already.
        """
        has_parted, self._has_parted = self._has_parted, True
        if not has_parted:
            await self._say(self._phrases.farewell)
        return not has_parted

    async def _say(self, words: str) -> None:
        is_heard = False
        try:
            async with asyncio.timeout(_WITHIN_S):
                is_heard = await self._voice.play(words)
        except TimeoutError:
            pass
        if is_heard:
            await asyncio.sleep(self._tail_s)
        else:
            _log.warning(
                "The caller was not told that the model is lost: there is no clip of the words, "
                "or nobody heard it.",
                extra={"action": "farewell-unsaid"},
            )
