"""Watches what a call costs: has the agent take its leave once that is as much as it may be."""

import asyncio
import logging
from collections.abc import Awaitable, Callable

from agents.media.voice import CannotSpeak, Voice
from shared.call.call import EndReason

_log = logging.getLogger(__name__)

# Words of parting, and an answer to them; who goes on then is told goodbye, and hung up on.
_WRAP_UP_S = 30.0
_GOODBYE_S = 15.0
_LOOK_EACH_S = 1.0
WRAP_UP = (
    "[This call has to end now. In one or two short sentences, in the language that you have been "
    "speaking, tell the customer that you have to end the call, offer that somebody gets back to "
    "them if anything is left open, and say goodbye; then call endCall.]"
)
_GOODBYE = (
    "This call ends now. Say goodbye in one short sentence, in the language that you have been "
    'speaking, such as "I have to end our call here. Goodbye."'
)


def lower_cap(*caps: float | None) -> float | None:
    """Return the lowest of several caps in USD; `None`: there is none."""
    return min((cap for cap in caps if cap is not None), default=None)


class CostWatch:
    """What one call has cost so far, in USD, and what is done about it."""

    def __init__(
        self,
        voice: Voice,
        cap_usd: float | None,
        *,
        begin: Callable[[], bool],
        end: Callable[[EndReason], Awaitable[None]],
        wrap_up_s: float = _WRAP_UP_S,
        look_each_s: float = _LOOK_EACH_S,
    ) -> None:
        """Take who speaks, and the cap; without one nothing is done.

        `begin` says whether the call can be ended now, and has nobody else end it; `end` ends it.
        """
        self._voice, self._cap_usd = voice, cap_usd
        self._begin, self._end = begin, end
        self._wrap_up_s, self._look_each_s = wrap_up_s, look_each_s
        self._spent_usd = 0.0
        self._has_begun = False

    @property
    def is_reached(self) -> bool:
        """Whether the call has cost as much as it may."""
        return self._cap_usd is not None and self._spent_usd >= self._cap_usd

    @property
    def is_due(self) -> bool:
        """Whether `run` is to be begun."""
        return self.is_reached and not self._has_begun

    def spend(self, usd: float | None) -> None:
        """Count what a turn cost.

        What has no price (`None`) costs nothing here; `model-unpriced` is in the log.
        """
        self._spent_usd += usd or 0.0

    async def run(self) -> None:
        """Have the agent wrap up, and end the call if it goes on nevertheless; once."""
        if not self.is_due:
            return
        self._has_begun = True
        _log.warning(
            "The call has cost as much as it may; the agent takes its leave.",
            extra={
                "action": "call-cost-cap",
                "spent_usd": round(self._spent_usd, 4),
                "cap_usd": self._cap_usd,
            },
        )
        try:
            self._voice.tell(WRAP_UP)
        except CannotSpeak:
            # the session is being renewed, or is lost: the bound below holds in any case
            _log.warning(
                "The model could not be told to wrap up.", extra={"action": "wrap-up-untold"}
            )
        await asyncio.sleep(self._wrap_up_s)
        # nobody is hung up on while a person of the business talks, nor twice at the same time
        while self._voice.has_operator or not self._begin():
            await asyncio.sleep(self._look_each_s)
        try:
            async with asyncio.timeout(_GOODBYE_S):
                await self._voice.say(_GOODBYE)
        except (CannotSpeak, TimeoutError):
            _log.warning(
                "The goodbye could not be said; hanging up without it.",
                extra={"action": "goodbye-unsaid"},
            )
        await self._end(EndReason.COST_CAP)
