"""Replies that we ask OpenAI for: one at a time, each until it has been heard or will not be.

OpenAI makes one response at once and refuses a second one; what it makes by itself, when the caller
has spoken, comes first.
"""

import asyncio
import logging
from collections import deque
from collections.abc import Callable
from typing import Any
from uuid import uuid4

from agents.media.bridge.dialogue import Dialogue
from agents.media.bridge.utterances import Response
from agents.media.voice import CannotSpeak

_log = logging.getLogger(__name__)

_BUSY = "conversation_already_has_active_response"
# until OpenAI has begun what it was asked for
_BEGUN_WITHIN_S = 5.0
_AGAIN_S = 0.3


class Ask:
    """One reply that was asked for (a `teller.Reply`)."""

    def __init__(self, response: dict[str, Any], *, waits: bool, yields: bool) -> None:
        """Take the parameters of `response.create`, and how patient it is.

        `waits`: until what is being said has been heard. `yields`: to a caller who speaks first.
        """
        self.id = uuid4().hex[:16]
        self.parameters = response
        self.waits, self.yields = waits, yields
        self.sent_at: float | None = None
        self.response: Response | None = None
        self.interrupted = False
        self._error: BaseException | None = None
        self._over = asyncio.Event()

    @property
    def is_over(self) -> bool:
        """Whether it was heard, cut off, or will not be given."""
        return self._over.is_set()

    async def wait_for_playout(self) -> None:
        """Wait until it is over; never raises."""
        await self._over.wait()

    def exception(self) -> BaseException | None:
        """Why it failed, once it is over."""
        return self._error

    def end(self, *, interrupted: bool = False, error: BaseException | None = None) -> None:
        """Have it be over, once."""
        if not self.is_over:
            self.interrupted, self._error = interrupted, error
            self._over.set()


class Asks:
    """The replies of one call that were asked for."""

    def __init__(self, dialogue: Dialogue, send: Callable[[dict[str, Any]], None]) -> None:
        """Take what is said, and the way to OpenAI."""
        self._dialogue, self._send = dialogue, send
        self._waiting: deque[Ask] = deque()
        self._sent: list[Ask] = []
        self._not_before = 0.0
        self._given: dict[str, Ask] = {}

    @property
    def is_idle(self) -> bool:
        """Whether nothing is asked for."""
        return not self._waiting and not self._sent

    def ask(self, ask: Ask, now: float) -> Ask:
        """Ask for a reply as soon as it can be given."""
        self._waiting.append(ask)
        self.look(now)
        return ask

    def of(self, response: Response) -> Ask | None:
        """Find the request that a response answers."""
        return self._given.get(response.id)

    def look(self, now: float) -> None:
        """See what has become of the requests; to be called whenever something has happened."""
        for ask in list(self._sent):
            self._follow(ask, now)
        if self._dialogue.speaks_since is not None:
            for ask in [ask for ask in self._waiting if ask.yields]:
                # whoever speaks is answered first, by a model that knows of what was told
                self._waiting.remove(ask)
                ask.end(interrupted=True)
        if self._waiting and self._may_send(self._waiting[0], now):
            ask = self._waiting.popleft()
            ask.sent_at = now
            self._sent.append(ask)
            self._send(
                {
                    "type": "response.create",
                    "event_id": ask.id,
                    "response": {**ask.parameters, "metadata": {"ask": ask.id}},
                }
            )

    def refused(self, event_id: str, code: str, now: float) -> bool:
        """Learn that OpenAI took no request of this id; `False` if that is none of ours."""
        ask = next((one for one in self._sent if one.id == event_id), None)
        if ask is None or ask.response is not None:
            return False
        self._sent.remove(ask)
        if code == _BUSY:
            # by a response that we have not heard of yet
            ask.sent_at, self._not_before = None, now + _AGAIN_S
            self._waiting.appendleft(ask)
        else:
            _log.warning(
                "OpenAI refused to reply.", extra={"action": "reply-refused", "code": code}
            )
            ask.end(error=CannotSpeak())
        return True

    def break_off(self) -> None:
        """Have everything fail: the session is lost, and with it what it was told before."""
        for ask in (*self._sent, *self._waiting):
            ask.end(error=CannotSpeak())
        self._sent.clear()
        self._waiting.clear()

    def _may_send(self, ask: Ask, now: float) -> bool:
        if now < self._not_before or any(one.response is None for one in self._sent):
            return False
        if self._dialogue.active is not None or self._dialogue.is_understanding:
            return False
        return not (ask.waits and self._dialogue.speaking(now))

    def _follow(self, ask: Ask, now: float) -> None:
        if ask.response is None:
            ask.response = self._dialogue.answer_to(ask.id)
            if ask.response is not None:
                self._given[ask.response.id] = ask
            elif ask.sent_at is not None and now - ask.sent_at > _BEGUN_WITHIN_S:
                self._sent.remove(ask)
                ask.end(error=CannotSpeak())
        elif ask.response.is_settled:
            self._sent.remove(ask)
            error = CannotSpeak() if ask.response.failed else None
            ask.end(interrupted=ask.response.was_cut, error=error)
