"""What operators know from a paper: written once, and never silently not at all."""

import logging
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime

from controlplane.core.consent import ConsentEntry, ConsentKind, ConsentSource, make_entry
from controlplane.core.errors import ReferenceUsed
from controlplane.ledger.ledger import Ledger
from shared.call.ids import PhoneNumberId
from shared.call.person import Person

_log = logging.getLogger(__name__)


class Papers:
    """Consents and withdrawals that were given elsewhere."""

    def __init__(self, *, ledger: Ledger, clock: Callable[[], datetime]) -> None:
        """Take the ledger, and what time it is."""
        self._ledger = ledger
        self._clock = clock

    async def write(
        self,
        person: Person,
        kind: ConsentKind,
        *,
        line: PhoneNumberId,
        granted: bool,
        reference: str,
        at: datetime | None,
        valid_until: datetime | None = None,
        note: str | None = None,
    ) -> ConsentEntry:
        """Write what a paper says of calls from a line, and return the entry that stands for it.

        The same paper again is the same entry, as long as it is the last word: a repeated request
        or file changes nothing, neither what was said before nor what has been said since. `at` is
        when the person said it; `None`: now, or at whatever time it was written first.

        Raises:
            ReferenceUsed: the reference stands for other words, or for words that others followed.
        """
        word = "granted" if granted else "withdrawn"
        entry = make_entry(
            phone_number_id=line,
            person=person,
            kind=kind,
            granted=granted,
            source=ConsentSource.OPERATOR,
            # one paper may speak for several people, and be withdrawn by the same file
            source_ref=f"{reference}:{word}:{person.key}",
            valid_until=valid_until,
            at=at or self._clock(),
            note=note,
        )
        if await self._ledger.add_new(entry):
            return entry
        stored = await self._ledger.entry(entry.id)
        if (
            stored is None
            or not says_the_same(stored, entry if at else replace(entry, at=stored.at))
            or not await self._is_last_word(stored)
        ):
            _log.info("A reference was used before.", extra={"action": "reference-used"})
            raise ReferenceUsed
        return stored

    async def _is_last_word(self, entry: ConsentEntry) -> bool:
        """Whether nothing else has been said about it since, by anybody and in whatever way."""
        if entry.kind is ConsentKind.DO_NOT_CALL:
            # by every name of the person, which is what decides
            forbidden = await self._ledger.is_forbidden(entry.person)
            if forbidden is not entry.granted:
                return False
        newest = await self._ledger.newest(entry.person, entry.kind, line=entry.phone_number_id)
        return newest is not None and newest.id == entry.id


def says_the_same(one: ConsentEntry, other: ConsentEntry) -> bool:
    """Whether two entries of one source say the same, so that one of them is enough."""
    # by whichever names: what they have in common is in the source's reference
    return replace(one, person=other.person) == other
