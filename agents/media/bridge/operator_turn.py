"""An operator speaks in the agent's place: whose sound the caller hears, what the model may do.

Who is in charge is who is in the room: an operator comes in and speaks, and goes and hands back,
be it by order or because a browser has vanished. So nothing is lost with a worker: the next one is
told by the bridge who has come and gone.
"""

import logging
from collections.abc import Callable, Sequence
from typing import Any

from agents.media.bridge.session_config import system_item
from shared.bridge.events import Happening, LegEvent
from shared.call.looking import OPERATOR_PREFIX, OPERATOR_TOPIC, OperatorAct, OperatorWord

_log = logging.getLogger(__name__)

_TAKEN = (
    "A colleague speaks with the customer in your place from here on. You hear the customer, not "
    "the colleague. Say nothing until you are told that you speak again."
)
_BACK = (
    "The colleague has handed the customer back to you, and you speak again. {note} Go on from "
    "there in one short sentence; do not greet the customer again."
)
_NO_NOTE = "What the colleague has said is not known; what the customer has said stands above."


class OperatorTurn:
    """Follows who is in charge of one call."""

    def __init__(
        self,
        *,
        source: Callable[[str], None],
        send: Callable[[dict[str, Any]], None],
        hush: Callable[[], None],
        tell: Callable[[str], None],
        listen: Callable[[bool], None],
        kept: Callable[[], None],
    ) -> None:
        """Take the way to leg and model.

        `source` has the caller hear a participant, `""`: the model; `send` sends OpenAI an event,
        `hush` ends what the model is saying, `tell` has it speak, knowing something. `listen`
        decides whether it answers what it hears. `kept` is told when something has changed that
        another worker needs.
        """
        self._source, self._send, self._hush = source, send, hush
        self._tell, self._listen, self._kept = tell, listen, kept
        self.operator = ""
        """Who speaks in the model's place; `""`: nobody."""
        self.past: tuple[str, ...] = ()
        """Who has done so and has handed back: what a bridge tells again of them is no news."""
        self._note = ""

    @property
    def is_on(self) -> bool:
        """Whether an operator speaks."""
        return bool(self.operator)

    def resume(self, operator: str, past: Sequence[str]) -> None:
        """Go on after another worker."""
        self.operator, self.past = operator, tuple(past)

    def add(self, text: str) -> None:
        """Let the model know something that it does not answer now."""
        self._send({"type": "conversation.item.create", "item": system_item(text)})

    def leg_told(self, event: LegEvent) -> None:
        """Take an event of the agent's own leg."""
        who = event.text("identity")
        match event.happening:
            case Happening.JOINED if who.startswith(OPERATOR_PREFIX):
                self._came(who)
            case Happening.LEFT if who and who == self.operator:
                self._went()
            case Happening.DATA if event.text("topic") == OPERATOR_TOPIC:
                # only the server is believed
                word = OperatorWord.read(event.text("text").encode())
                if word is not None and not event.text("from"):
                    self._heard(word)

    def _came(self, who: str) -> None:
        if who == self.operator or who in self.past:
            return
        is_first = not self.is_on
        if self.operator:
            # of two the newer one speaks
            self.past = (*self.past, self.operator)
        self.operator = who
        self._source(who)
        if is_first:
            self._note = ""
            # the caller is still heard and written down, and nobody answers
            self._listen(False)
            self._hush()
            self.add(_TAKEN)
            _log.info("An operator speaks for the agent.", extra={"action": "taken-over"})
        self._kept()

    def _went(self) -> None:
        self.past = (*self.past, self.operator)
        self.operator = ""
        self._source("")
        self._listen(True)
        self._kept()
        note = f"They say: {self._note}" if self._note else _NO_NOTE
        self._tell(_BACK.format(note=note))
        _log.info("The agent speaks again.", extra={"action": "handed-back"})

    def _heard(self, word: OperatorWord) -> None:
        if word.act is OperatorAct.HAND_BACK:
            self._note = word.text
        else:
            self.add(f"A colleague tells you, unheard by the customer: {word.text}")
