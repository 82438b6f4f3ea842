"""Write to a person whose conversation broke off on our side: once, and never against their wish.

No words can be said inside of the call: the phone's leg is subscribed to the agent's track, which
has gone with the agent, and LiveKit's WHIP adds no later one (docs/faults.md).
"""

import logging
import uuid

from controlplane.core.consent import ConsentKind
from controlplane.core.lost_call import owed_a_word
from controlplane.ledger.ledger import Ledger
from controlplane.use_cases.neighbours import Neighbours
from shared.call.call import Call
from shared.call.errors import WacallError
from shared.call.person import Person
from shared.call.records import EventOutcome, EventRecord, EventSource

_log = logging.getLogger(__name__)

EVENT = "lost-call-text"
"""The kind of the event that says that one replica has undertaken to write."""

_NO_WISH = frozenset({"withdrawn", "expired"})


class LostCalls:
    """Sends the text; holds nothing of a call."""

    def __init__(self, near: Neighbours, *, ledger: Ledger, text: str) -> None:
        """Take the neighbours, whose wishes are known, and the words; no words, no message."""
        self._store, self._lines, self._clock = near.store, near.lines, near.clock
        self._ledger = ledger
        self._text = text

    async def write_to_caller(self, call: Call) -> None:
        """Write, if this call's end calls for it and nobody has written yet.

        A message that Meta does not take is not sent again: whether it arrived cannot be known,
        and twice is worse than not at all. Never raises an error of ours.
        """
        person = owed_a_word(call) if self._text else None
        if person is None:
            return
        try:
            if await self._wants_nothing(person) or not await self._claim(call):
                return
            await self._lines.graph_of(call.phone_number_id).send_text(person, self._text)
        except WacallError as error:
            _log.warning(
                "A person whose call broke off could not be written to.",
                extra={"action": "lost-call-text-unsent", "call": call.id, "error": error.code},
            )
            return
        _log.info(
            "A person whose call broke off was written to.",
            extra={"action": "lost-call-text-sent", "call": call.id},
        )

    async def _wants_nothing(self, person: Person) -> bool:
        """Whether they asked not to be called: they shall not be written to either."""
        return any(
            state.kind is ConsentKind.DO_NOT_CALL and state.state not in _NO_WISH
            for state in await self._ledger.states(person)
        )

    async def _claim(self, call: Call) -> bool:
        """Take it upon us; one replica, once, succeeds."""
        return await self._store.claim_event(
            EventRecord(
                id=str(uuid.uuid5(uuid.UUID(call.id), EVENT)),
                source=EventSource.CONTROLPLANE,
                kind=EVENT,
                received_at=self._clock(),
                call_id=call.id,
                outcome=EventOutcome.RECORDED,
            )
        )
