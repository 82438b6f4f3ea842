"""What people want of our calls, in words or by a switch, and what operators decide about it."""

import logging
from collections.abc import Callable
from datetime import datetime

from controlplane.core.consent import ConsentKind, ConsentSource
from controlplane.core.errors import StopDecided, StopUnknown
from controlplane.core.wishes import (
    ProbableStop,
    StopDecision,
    StopReader,
    entries_of_resume,
    entries_of_stop,
    make_probable_stop,
)
from controlplane.ledger.ledger import Ledger
from controlplane.meta.events import PreferenceChanged, TextReceived
from controlplane.meta.lines import Lines
from controlplane.meta.texts import verdict_of
from controlplane.meta.words import Preference
from controlplane.stop.grammar import Verdict
from shared.call.ids import PhoneNumberId
from shared.call.person import Person
from shared.call.records import EventOutcome

_log = logging.getLogger(__name__)

# of one person, newest first; who says more than this has said the same before
_ENTRIES = 200


class Wishes:
    """STOP, however it is said."""

    def __init__(
        self,
        *,
        ledger: Ledger,
        reader: StopReader | None,
        lines: Lines,
        clock: Callable[[], datetime],
    ) -> None:
        """Take the ledger, who reads what the grammar cannot, and the lines that are written to."""
        self._ledger = ledger
        self._stops = ledger.stops
        self._reader = reader
        self._lines = lines
        self._clock = clock

    async def texted(self, event: TextReceived, event_id: str) -> EventOutcome:
        """Write a STOP as a do-not-call, pause for a probable one; other texts are not for us."""
        person, verdict = event.party.person, verdict_of(event)
        if person is None or verdict is Verdict.NONE:
            return EventOutcome.IGNORED
        line = self._lines.number_of(event.phone_number_id)
        if line is None:
            return EventOutcome.UNKNOWN
        ref, at = event.message_id or event_id, event.timestamp or self._clock()
        if verdict is Verdict.STOP:
            await self._forbid(person, ref, at, line=line)
            return EventOutcome.HANDLED
        stop = make_probable_stop(line=line, person=person, said=event.text, message_ref=ref, at=at)
        # before anybody is asked: nobody is called meanwhile
        await self._stops.add(stop)
        means_stop = await self._reader.means_stop(event.text) if self._reader else None
        if means_stop is None:
            _log.warning(
                "A message may be a STOP: its sender is not called for a day. Decide it.",
                extra={"action": "probable-stop", "id": stop.id},
            )
            return EventOutcome.HANDLED
        if means_stop:
            await self._forbid(person, ref, at, line=line, note="as the model read it")
        decision = StopDecision.DO_NOT_CALL if means_stop else StopDecision.DISMISSED
        await self._stops.decide(stop, decision, self._clock())
        return EventOutcome.HANDLED

    async def preferred(self, event: PreferenceChanged, event_id: str) -> EventOutcome:
        """Write what a person's switch for marketing messages sets, or lifts again."""
        person, at = event.party.person, event.timestamp or self._clock()
        line = self._lines.number_of(event.phone_number_id)
        if person is None or line is None or event.value is Preference.UNKNOWN:
            return EventOutcome.UNKNOWN
        ref = event_id
        if event.timestamp is not None:
            # no message, hence no id: the same change has the same time
            ref = f"{event.value}:{person.user_id or person.phone}:{at.timestamp():.0f}"
        if event.value is Preference.STOP:
            entries = entries_of_stop(
                line=line,
                person=person,
                source=ConsentSource.PREFERENCE,
                source_ref=ref,
                at=at,
            )
        else:
            standing = await self._ledger.entries(person=person, limit=_ENTRIES)
            entries = entries_of_resume(
                line=line, person=person, source_ref=ref, at=at, standing=standing
            )
        await self._ledger.add(entries)
        return EventOutcome.HANDLED

    async def decide(self, stop_id: str, decision: StopDecision) -> ProbableStop:
        """Let an operator say what a message was; the same decision twice is one.

        Raises:
            StopUnknown: there is no such message.
            StopDecided: it was decided otherwise.
        """
        stop = await self._stops.find(stop_id)
        if stop is None:
            raise StopUnknown
        if stop.decision not in (None, decision):
            raise StopDecided
        now = self._clock()
        if decision is StopDecision.DO_NOT_CALL:
            # the wish first: if only one of two writes is done, it shall be this one
            await self._ledger.add(
                entries_of_stop(
                    line=stop.phone_number_id,
                    person=stop.person,
                    source=ConsentSource.OPERATOR,
                    source_ref=f"probable-stop:{stop.id}",
                    at=now,
                )
            )
        await self._stops.decide(stop, decision, now)
        decided = await self._stops.find(stop_id)
        if decided is None or decided.decision is not decision:
            raise StopDecided
        _log.info(
            "A probable STOP was decided.",
            extra={"action": "probable-stop-decided", "id": stop.id, "decision": decision.value},
        )
        return decided

    async def _forbid(
        self,
        person: Person,
        ref: str,
        at: datetime,
        *,
        line: PhoneNumberId,
        note: str | None = None,
    ) -> None:
        await self._ledger.add(
            entries_of_stop(
                line=line,
                person=person,
                source=ConsentSource.TEXT,
                source_ref=ref,
                at=at,
                note=note,
            )
        )
        newest = await self._ledger.newest(person, ConsentKind.DO_NOT_CALL, line=line)
        if newest is not None and newest.source is ConsentSource.PREFERENCE and not newest.granted:
            # the words came late, and the switch that was turned since does not lift them
            await self._ledger.add(
                entries_of_stop(
                    line=line,
                    person=person,
                    source=ConsentSource.TEXT,
                    source_ref=f"{ref}:late",
                    at=self._clock(),
                    note=note,
                )
            )
