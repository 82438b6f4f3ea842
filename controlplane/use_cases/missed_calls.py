"""Write to whose call nobody answered: one friendly text, through the outbox."""

import logging
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from controlplane.core.message import MessageKind
from controlplane.core.missed_call import (
    MissedCall,
    Skipped,
    decide,
    each_person_once,
    message_id_of,
)
from controlplane.errands.messages import Messages
from controlplane.errands.missed_calls import MissedCalls
from controlplane.use_cases.errands import LEASE
from shared.call.ids import CallId, PhoneNumberId

_log = logging.getLogger(__name__)

_AT_MOST = 100

TextOf = Callable[[PhoneNumberId], str]
"""What a line says of a missed call; empty: nothing."""


class MissedCallWriter:
    """Decides; many calls at a time, since they come in bursts."""

    def __init__(
        self,
        *,
        jobs: MissedCalls,
        messages: Messages,
        text_of: TextOf,
        wait_s: float,
        clock: Callable[[], datetime],
        owner: str,
    ) -> None:
        """Take the jobs, the outbox, and the words.

        `wait_s`: how long after its end a call is let be; `owner` names this process.
        """
        self._jobs = jobs
        self._messages = messages
        self._text_of = text_of
        self._wait = timedelta(seconds=wait_s)
        self._clock = clock
        self._owner = owner

    async def turn(self) -> None:
        """Work through the calls that ended, until there are none."""
        while True:
            now = self._clock()
            taken = await self._jobs.take(
                self._owner, now - self._wait, now + LEASE, at_most=_AT_MOST
            )
            if taken:
                await self._write(await self._jobs.read(taken, now), now)
            if len(taken) < _AT_MOST:
                return

    async def _write(self, calls: list[MissedCall], now: datetime) -> None:
        skipped: dict[CallId, Skipped] = {}
        owed: list[MissedCall] = []
        for call in calls:
            why = decide(call, text=self._text_of(call.phone_number_id))
            if why is not None:
                skipped[call.call_id] = why
            else:
                owed.append(call)
        chosen = each_person_once(owed)
        await self._messages.add([self._row(call, now) for call in chosen])
        skipped |= {call.call_id: Skipped.TEXTED_ALREADY for call in owed if call not in chosen}
        await self._jobs.skipped(skipped, now)
        await self._jobs.done([call.call_id for call in chosen], now)
        _log.info(
            "Missed calls were looked through.",
            extra={"action": "missed-calls", "texts": len(chosen), "skipped": len(skipped)},
        )

    def _row(self, call: MissedCall, now: datetime) -> dict[str, Any]:
        assert call.person is not None, "nobody is written to without a name"
        return {
            "id": message_id_of(call, now),
            "call_id": call.call_id,
            "phone_number_id": call.phone_number_id,
            "user_id": call.person.user_id,
            "phone": call.person.phone,
            "kind": MessageKind.MISSED_CALL.value,
            "body": self._text_of(call.phone_number_id),
        }
