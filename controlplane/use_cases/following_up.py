"""Do what was agreed for later: call, write, or tell the operator's people.

Whoever tries a second time, after a process that died in the middle, finds what the first one did:
the text has the follow-up's own id, the call the id that follows from its idempotency key, and the
webhook is told the same key.
"""

import asyncio
import logging
import uuid
from collections.abc import Mapping
from typing import Any, Protocol

from controlplane.core.errand import Fate, Later, Over, Verdict
from controlplane.core.follow_up import (
    DIALS,
    Act,
    FollowUp,
    after_call,
    after_denial,
    after_error,
    after_message,
    context_of,
    decide,
    key_of_dial,
    notice_of,
)
from controlplane.core.message import Message, MessageKind, MessageStatus
from controlplane.errands.follow_ups import FollowUps
from controlplane.errands.messages import Messages
from controlplane.use_cases.errands import LEASE
from controlplane.use_cases.neighbours import Neighbours
from controlplane.use_cases.outbound import CallOrder, CallPlacer, call_id_of
from shared.call.call import Call
from shared.call.errors import CallDenied, WacallError
from shared.process.logs import without_text
from shared.process.of_call import work_for

_log = logging.getLogger(__name__)

_AT_MOST = 8
_ROW_S = 60.0
_MESSAGES = uuid.UUID("6b0a3c51-2a1d-5c07-8f0f-5c9a0f8f7d3e")


class People(Protocol):
    """Tells the operator's people what they have to do."""

    async def tell(self, notice: Mapping[str, Any], *, key: str) -> str | None:
        """Tell them; the same key is the same notice. Return why it was not taken, if so."""


class FollowUpRunner:
    """Executes what is due; holds nothing of a follow-up."""

    def __init__(
        self,
        near: Neighbours,
        *,
        follow_ups: FollowUps,
        messages: Messages,
        placer: CallPlacer,
        people: People | None,
        owner: str,
    ) -> None:
        """Take the rows, who places calls, and who tells people, if anybody does.

        `owner` names this process.
        """
        self._store, self._clock = near.store, near.clock
        self._follow_ups = follow_ups
        self._messages = messages
        self._placer = placer
        self._people = people
        self._owner = owner

    async def turn(self) -> None:
        """Do what is due, several at once, until nothing is."""
        while True:
            now = self._clock()
            taken = await self._follow_ups.take(
                self._owner,
                now,
                now + LEASE,
                at_most=_AT_MOST,
                tells_people=self._people is not None,
            )
            await asyncio.gather(*(self._try(follow_up) for follow_up in taken))
            if len(taken) < _AT_MOST:
                return

    async def _try(self, follow_up: FollowUp) -> None:
        """Try one; whatever goes wrong with it is tried again, and is nobody else's."""
        work_for(follow_up.call_id)
        try:
            async with asyncio.timeout(_ROW_S):
                verdict = await self._one(follow_up)
        except CallDenied as denied:
            verdict = after_denial(
                follow_up, denied.code, str(denied), denied.retry_at, now=self._clock()
            )
        except (WacallError, TimeoutError) as error:
            why = str(error) or "It took too long."
            verdict = after_error(follow_up, why, now=self._clock())
        except Exception as error:
            _log.error(
                "A follow-up could not be worked on; it is tried again.",
                extra={
                    "action": "follow-up-broken",
                    "follow_up": follow_up.id,
                    "error": type(error).__name__,
                },
                exc_info=without_text(error),
            )
            verdict = after_error(follow_up, "Something went wrong here.", now=self._clock())
        await self._settle(follow_up, verdict)

    async def _one(self, follow_up: FollowUp) -> Verdict:
        call = await self._store.get_call(follow_up.call_id)
        message = await self._messages.find(_message_id(follow_up))
        has_person = call is not None and call.party.person is not None
        is_unwanted = False
        if call is not None and not follow_up.is_for_people:
            is_unwanted = await self._follow_ups.is_unwanted(call)
        act = decide(
            follow_up,
            has_person=has_person,
            is_unwanted=is_unwanted,
            has_begun=message is not None or follow_up.placed_call_id is not None,
            now=self._clock(),
        )
        if isinstance(act, Over):
            return act
        if act is Act.TELL_PEOPLE:
            return await self._tell(follow_up, call)
        assert call is not None, "a call that names somebody"
        if act is Act.WRITE:
            return await self._write(follow_up, call, message)
        return await self._dial(follow_up, call)

    async def _tell(self, follow_up: FollowUp, call: Call | None) -> Verdict:
        assert self._people is not None, "what people do is not taken without them"
        why = await self._people.tell(notice_of(follow_up, call), key=follow_up.id)
        if why is not None:
            return after_error(follow_up, why, now=self._clock())
        return Over(fate=Fate.DONE)

    async def _write(self, follow_up: FollowUp, call: Call, message: Message | None) -> Verdict:
        if message is None:
            # what became of it, this follow-up hears from the outbox at once; a later look is for
            # when that process died in between
            await self._messages.add([_message_of(follow_up, call)])
            return after_message(MessageStatus.OPEN, None, now=self._clock())
        return after_message(message.status, message.last_error, now=self._clock())

    async def _dial(self, follow_up: FollowUp, call: Call) -> Verdict:
        person = call.party.person
        assert person is not None, "a call that names somebody"
        dials = self._dials(follow_up, call)
        if dials:
            last = await self._store.get_call(follow_up.placed_call_id or call.id)
            verdict = after_call(last, dials, now=self._clock()) if last is not None else None
            if verdict is not None:
                return verdict
        placed = await self._placer.place(
            CallOrder(
                person=person,
                line=call.phone_number_id,
                profile=call.profile,
                context=context_of(follow_up),
                idempotency_key=key_of_dial(follow_up, dials + 1),
            )
        )
        await self._follow_ups.placed(follow_up, placed.call.id)
        _log.info(
            "A call was placed for a follow-up.",
            extra={
                "action": "follow-up-call",
                "follow_up": follow_up.id,
                "call": placed.call.id,
            },
        )
        verdict = after_call(placed.call, dials + 1, now=self._clock())
        return verdict if verdict is not None else Later(at=self._clock(), counts=False)

    @staticmethod
    def _dials(follow_up: FollowUp, call: Call) -> int:
        """Count the calls that were placed for it: each one's id follows from its number."""
        if follow_up.placed_call_id is None:
            return 0
        for dial in range(1, DIALS + 1):
            key = key_of_dial(follow_up, dial)
            if call_id_of(call.phone_number_id, key) == follow_up.placed_call_id:
                return dial
        return DIALS

    async def _settle(self, follow_up: FollowUp, verdict: Verdict) -> None:
        try:
            await self._follow_ups.settle(follow_up, verdict, self._clock())
        except WacallError as error:
            _log.warning(
                "What became of a follow-up could not be written; its lease runs out.",
                extra={
                    "action": "follow-up-unsettled",
                    "follow_up": follow_up.id,
                    "error": error.code,
                },
            )
            return
        extra = {"follow_up": follow_up.id, "channel": follow_up.channel, "kind": follow_up.kind}
        match verdict:
            case Later(counts=False):
                return
            case Later():
                _log.warning(
                    "A follow-up could not be done; it is tried again.",
                    extra={"action": "follow-up-later", **extra, "why": verdict.why},
                )
            case Over(fate=Fate.DONE):
                _log.info("A follow-up was done.", extra={"action": "follow-up-done", **extra})
            case Over():
                _log.warning(
                    "A follow-up is given up.",
                    extra={
                        "action": "follow-up-given-up",
                        **extra,
                        "fate": verdict.fate.value,
                        "why": verdict.why,
                    },
                )


def _message_id(follow_up: FollowUp) -> str:
    return str(uuid.uuid5(_MESSAGES, follow_up.id))


def _message_of(follow_up: FollowUp, call: Call) -> dict[str, Any]:
    person = call.party.person
    assert person is not None, "a call that names somebody"
    return {
        "id": _message_id(follow_up),
        "call_id": call.id,
        "follow_up_id": follow_up.id,
        "phone_number_id": call.phone_number_id,
        "user_id": person.user_id,
        "phone": person.phone,
        "kind": MessageKind.FOLLOW_UP.value,
        "body": follow_up.body or "",
    }
