"""What people want of our calls and messages, and what that writes into the ledger. Pure.

A STOP in words outlasts Meta's switch for marketing messages: the switch lifts what it has set,
and nothing that was said.
"""

import uuid
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Protocol

from controlplane.core.consent import ConsentEntry, ConsentKind, ConsentSource, make_entry
from shared.call.ids import PhoneNumberId
from shared.call.person import Person

PROBABLE_STOP_PAUSE = timedelta(hours=24)
"""How long nobody is called who may have said STOP, while an operator decides."""

_NAMESPACE = uuid.UUID("f3f0f5de-5c30-5f0c-9a55-0f5d6c3f5a11")

# what forbids calls and messages, and what of each kind forbids
_FORBIDS = ((ConsentKind.DO_NOT_CALL, True), (ConsentKind.MARKETING_FOLLOW_UP, False))


class StopDecision(StrEnum):
    """What a probable STOP was found to be; `call_pauses.decision`."""

    DO_NOT_CALL = "do-not-call"
    DISMISSED = "dismissed"


@dataclass(frozen=True, slots=True, kw_only=True)
class ProbableStop:
    """A message that may be a STOP: a row of `call_pauses` with its words."""

    id: str
    """UUID, derived from the message, so that a repeated webhook stays one row."""
    phone_number_id: PhoneNumberId
    person: Person
    said: str = field(repr=False)
    at: datetime
    """When it was said."""
    until: datetime
    """Until when the person is not called, unless it is decided before."""
    decision: StopDecision | None = None
    """None: nobody has decided yet."""
    decided_at: datetime | None = None


class StopReader(Protocol):
    """Reads what the grammar cannot tell: a model, elsewhere."""

    async def means_stop(self, text: str) -> bool | None:
        """Whether a message asks not to be called; `None`: unsure, or no answer in time."""


def make_probable_stop(
    *, line: PhoneNumberId, person: Person, said: str, message_ref: str, at: datetime
) -> ProbableStop:
    """Make the row of a message."""
    return ProbableStop(
        id=str(uuid.uuid5(_NAMESPACE, message_ref)),
        phone_number_id=line,
        person=person,
        said=said,
        at=at,
        until=at + PROBABLE_STOP_PAUSE,
    )


def entries_of_stop(
    *,
    line: PhoneNumberId,
    person: Person,
    source: ConsentSource,
    source_ref: str,
    at: datetime,
    note: str | None = None,
) -> list[ConsentEntry]:
    """Return what a STOP writes: neither calls nor marketing."""
    return [
        make_entry(
            phone_number_id=line,
            person=person,
            kind=kind,
            granted=granted,
            source=source,
            source_ref=source_ref,
            at=at,
            note=note,
        )
        for kind, granted in _FORBIDS
    ]


def entries_of_resume(
    *,
    line: PhoneNumberId,
    person: Person,
    source_ref: str,
    at: datetime,
    standing: Sequence[ConsentEntry],
) -> list[ConsentEntry]:
    """Return what it writes that a person lets marketing messages go on.

    Of what forbids them, only what the same switch has set is lifted; a STOP in words, a paper, two
    rejections stay. `standing` are the person's entries, newest first.
    """
    return [
        make_entry(
            phone_number_id=line,
            person=person,
            kind=kind,
            granted=not forbids,
            source=ConsentSource.PREFERENCE,
            source_ref=source_ref,
            at=at,
        )
        for kind, forbids in _FORBIDS
        if _last(standing, kind, by_switch=True) is forbids
        and _last(standing, kind, by_switch=False) is not forbids
    ]


def _last(entries: Iterable[ConsentEntry], kind: ConsentKind, *, by_switch: bool) -> bool | None:
    """Return the last word of one kind, by the switch or by anything else; `None`: none."""

    def granted() -> Iterator[bool]:
        for entry in entries:
            if entry.kind is kind and (entry.source is ConsentSource.PREFERENCE) is by_switch:
                yield entry.granted

    return next(granted(), None)
