"""Tells the model things in writing, one after the other, until each has its answer.

To ask for one reply is not enough: OpenAI refuses it while a response of its own is being made,
and when the customer speaks, livekit-agents drops the replies that wait for their turn.
"""

import asyncio
import logging
from collections import deque
from collections.abc import Callable, Sequence
from typing import Protocol

from agents.media.voice import CannotSpeak

_log = logging.getLogger(__name__)

# Before it is tried again. By the second try OpenAI has told of the response that was in the way,
# and the reply queues up behind it; somebody who speaks is let finish.
_PAUSES_S = (0.3, 0.5, 1.0, 2.0, 4.0)


class Reply(Protocol):
    """A reply of the model's that was asked for (livekit-agents' `SpeechHandle`)."""

    @property
    def interrupted(self) -> bool:
        """Whether the customer spoke before it was over, or before it began."""

    async def wait_for_playout(self) -> None:
        """Wait until it is over; never raises."""

    def exception(self) -> BaseException | None:
        """Why it failed, once it is over."""


Ask = Callable[[str | None], Reply]
"""Asks for a reply to this sentence of the customer's, or to what has been told already.

Raises `CannotSpeak` if nothing is taken."""


class Teller:
    """Keeps what the model is to be told until it was told and answered."""

    def __init__(self, ask: Ask, *, pauses_s: Sequence[float] = _PAUSES_S) -> None:
        """Take who asks for replies."""
        self._ask = ask
        self._pauses_s = pauses_s
        self._waiting: deque[str] = deque()
        self._is_told = False
        """Of the first of them: it stands in the conversation."""
        self._reply: Reply | None = None
        """Its answer, while there is one."""
        self._task: asyncio.Task[None] | None = None

    def owes_answer(self, reply: object) -> bool:
        """Whether something was told, or waits to be, that this reply is not the answer to."""
        return len(self._waiting) > 1 or (bool(self._waiting) and self._reply is not reply)

    def tell(self, sentence: str) -> None:
        """Tell it once everything before is answered.

        Raises:
            CannotSpeak: nothing is taken.
        """
        if self._waiting:
            self._waiting.append(sentence)
            return
        self._waiting.append(sentence)
        self._is_told = False
        try:
            self._reply = self._ask(sentence)
        except CannotSpeak:
            self._waiting.clear()
            raise
        self._task = asyncio.create_task(self._run(), name="teller")

    def item_added(self, text: str) -> None:
        """Learn that something of the customer's stands in the conversation."""
        if self._waiting and text == self._waiting[0]:
            self._is_told = True

    async def aclose(self) -> None:
        """Tell nothing any more."""
        self._waiting.clear()
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)

    async def _run(self) -> None:
        while self._waiting:
            if not await self._is_answered():
                _log.warning(
                    "Pressed keys could not be told to the model.", extra={"action": "keys-untold"}
                )
            self._waiting.popleft()
            self._is_told = False

    async def _is_answered(self) -> bool:
        """Have the first that waits answered; the first of its replies may be under way already."""
        for pause_s in (*self._pauses_s, None):
            self._reply = reply = self._reply or self._asked()
            is_over = reply is not None and await self._is_over(reply)
            self._reply = None
            if is_over:
                return True
            if pause_s is not None:
                await asyncio.sleep(pause_s)
        return False

    def _asked(self) -> Reply | None:
        try:
            return self._ask(None if self._is_told else self._waiting[0])
        except CannotSpeak:
            return None

    async def _is_over(self, reply: Reply) -> bool:
        await reply.wait_for_playout()
        if reply.interrupted:
            # who speaks over it is answered by the model, which then knows of both
            return self._is_told
        return reply.exception() is None
