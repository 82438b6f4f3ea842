"""Send the texts that wait in `messages`, each once as far as Graph allows.

    claim      take_messages(): one process has the row for a while
    decide     core.message: window, do-not-call, template, age
    hand over  `handed_at` is written before Meta is asked: who finds it set on an open row knows
               that an earlier try died or lost its answer, and asks nobody twice
    settle     sent, later, failed for good or canceled, with the reason in words

Meta's own word about a message (its status, which carries our id) settles what an answer that got
lost did not, and takes a text back that was not delivered after all.
"""

import asyncio
import logging
from collections.abc import Callable
from typing import Protocol

from controlplane.core.errand import Later, Verdict
from controlplane.core.errors import GraphError
from controlplane.core.message import (
    Message,
    NotTaken,
    Reach,
    Send,
    after,
    after_failure,
    decide,
)
from controlplane.core.policy import Limits
from controlplane.errands.follow_ups import FollowUps
from controlplane.errands.messages import Messages
from controlplane.ledger.ledger import Ledger
from controlplane.meta.events import MessageFailed, MessageTaken
from controlplane.meta.graph import RequestTemplate
from controlplane.meta.not_taken import not_delivered, not_taken
from controlplane.use_cases.errands import LEASE
from controlplane.use_cases.neighbours import Neighbours
from controlplane.use_cases.patience import until_stored
from shared.call.denial import Reason
from shared.call.errors import WacallError
from shared.call.ids import PhoneNumberId
from shared.call.person import Person
from shared.call.records import EventOutcome
from shared.process.logs import without_text
from shared.process.of_call import work_for

_log = logging.getLogger(__name__)

_AT_MOST = 16
# Meta has it: this must be written, or the person may be written to twice
_STORE_S = 30.0
_ROW_S = 60.0


class Texts(Protocol):
    """Writes to people on one line."""

    async def send_text(self, person: Person, text: str, *, opaque: str | None = None) -> str:
        """Send free text; return Meta's id."""

    async def send_template(
        self, person: Person, template: RequestTemplate, *, opaque: str | None = None
    ) -> str:
        """Send an approved template; return Meta's id."""


TextsOf = Callable[[PhoneNumberId], Texts | None]
"""Who writes on a line; None: it is not ours."""


class Outbox:
    """Sends; holds nothing of a message."""

    def __init__(
        self,
        near: Neighbours,
        *,
        messages: Messages,
        follow_ups: FollowUps,
        ledger: Ledger,
        texts_of: TextsOf,
        template: str | None,
        owner: str,
    ) -> None:
        """Take the rows, the ledger, who writes on which line, and the configured template.

        `template` is `name` or `name:language`; `owner` names this process.
        """
        self._store, self._clock = near.store, near.clock
        self._messages = messages
        self._follow_ups = follow_ups
        self._ledger = ledger
        self._texts_of = texts_of
        self._template = template
        self._owner = owner

    async def turn(self) -> None:
        """Send what is due, several at once, until nothing is."""
        while True:
            now = self._clock()
            taken = await self._messages.take(self._owner, now, now + LEASE, at_most=_AT_MOST)
            await asyncio.gather(*(self._try(message) for message in taken))
            if len(taken) < _AT_MOST:
                return

    async def taken(self, event: MessageTaken) -> EventOutcome:
        """Hear from Meta that it has a text of ours: what its lost answer would have said."""
        at = self._clock()
        message = await self._messages.sent(event.opaque, event.message_id, at)
        if message is None:
            return EventOutcome.IGNORED
        await self._follow_ups.settle_by(message, at)
        return EventOutcome.HANDLED

    async def failed(self, event: MessageFailed) -> EventOutcome:
        """Hear that Meta did not deliver a text that it took; a template may reach the person."""
        if event.opaque is None:
            return EventOutcome.IGNORED
        code = next((error.code for error in event.errors), None)
        answer = not_delivered(code)
        now = self._clock()
        message = await self._messages.undelivered(event.opaque, answer.why, now)
        if message is None:
            return EventOutcome.IGNORED
        _log.warning(
            "A text to a person was not delivered.",
            extra={"action": "message-undelivered", "kind": message.kind, "code": code},
        )
        template = after_failure(message, answer, template=self._template)
        if template is not None:
            await self._messages.reopen(message.id, template, now)
        else:
            await self._follow_ups.settle_by(message, now)
        return EventOutcome.HANDLED

    # --- one text ---

    async def _try(self, message: Message) -> None:
        """Try one; what goes wrong with it is nobody else's, and its lease runs out."""
        if message.call_id is not None:
            work_for(message.call_id)
        try:
            await self._one(message)
        except Exception as error:
            is_ours = not isinstance(error, (WacallError, TimeoutError))
            _log.log(
                logging.ERROR if is_ours else logging.WARNING,
                "A text could not be worked on; it is tried again when its lease is over.",
                extra={
                    "action": "message-stuck",
                    "kind": message.kind,
                    "error": type(error).__name__,
                },
                exc_info=without_text(error) if is_ours else None,
            )

    async def _one(self, message: Message) -> None:
        async with asyncio.timeout(_ROW_S):
            choice = decide(
                message,
                await self._reach(message),
                template=self._template,
                now=self._clock(),
            )
            if not isinstance(choice, Send):
                # a row that is waited for was given to Meta, and stays so until Meta speaks
                is_unknown = message.handed_at is not None
                await self._settle(message, choice, message.template, is_unknown=is_unknown)
            elif await self._messages.hand_over(message, self._owner, self._clock()):
                await self._send(message, choice)

    async def _send(self, message: Message, choice: Send) -> None:
        texts = self._texts_of(message.phone_number_id)
        assert texts is not None, "a line without texts has no reach"
        try:
            if choice.template is None:
                wamid = await texts.send_text(message.person, message.body, opaque=message.id)
            else:
                wamid = await texts.send_template(
                    message.person, _template(choice.template, message.body), opaque=message.id
                )
        except GraphError as error:
            await self._not_taken(message, choice, not_taken(error))
            return
        sent = await until_stored(
            lambda: self._messages.sent(message.id, wamid, self._clock(), template=choice.template),
            within_s=_STORE_S,
        )
        _log.info("A text was sent.", extra={"action": "message-sent", "kind": message.kind})
        if sent is not None:
            await self._follow_ups.settle_by(sent, self._clock())

    async def _not_taken(self, message: Message, choice: Send, answer: NotTaken) -> None:
        verdict, template = after(
            message, choice, answer, template=self._template, now=self._clock()
        )
        await until_stored(
            lambda: self._settle(message, verdict, template, is_unknown=answer.is_unknown),
            within_s=_STORE_S,
        )

    async def _settle(
        self, message: Message, verdict: Verdict, template: str | None, *, is_unknown: bool
    ) -> None:
        settled = await self._messages.settle(
            message, verdict, template=template, is_unknown=is_unknown, at=self._clock()
        )
        if isinstance(verdict, Later):
            if verdict.counts:
                _log.warning(
                    "A text could not be sent; it is tried again, or Meta's word is waited for.",
                    extra={"action": "message-later", "kind": message.kind, "why": verdict.why},
                )
            return
        _log.warning(
            "A text is not sent.",
            extra={
                "action": "message-unsent",
                "kind": message.kind,
                "fate": verdict.fate.value,
                "why": verdict.why,
            },
        )
        if settled is not None:
            await self._follow_ups.settle_by(settled, self._clock())

    async def _reach(self, message: Message) -> Reach | None:
        """Read what is known of a text's person; `None`: the line is not ours."""
        if self._texts_of(message.phone_number_id) is None:
            return None
        now, line, person = self._clock(), message.phone_number_id, message.person
        (standing, _), has_window, in_call = await asyncio.gather(
            self._ledger.standing(line, person, limits=Limits(), now=now),
            self._ledger.requests.is_window_open(line, person, now),
            self._in_call(message),
        )
        is_open = standing.pause_reason == Reason.PROBABLE_STOP
        return Reach(
            is_forbidden=standing.do_not_call_since is not None,
            undecided_until=standing.pause_until if is_open else None,
            has_window=has_window,
            in_call=in_call,
        )

    async def _in_call(self, message: Message) -> bool:
        call = await self._store.get_call(message.call_id) if message.call_id else None
        if call is None or call.answered_at is None:
            return False
        return call.ended_at is None or message.created_at <= call.ended_at


def _template(named: str, text: str) -> RequestTemplate:
    """Name a template whose one body parameter is the text, on one line as Meta wants it."""
    name, _, language = named.partition(":")
    return RequestTemplate(
        name=name, language=language or "en_US", parameters=(" ".join(text.split()),)
    )
