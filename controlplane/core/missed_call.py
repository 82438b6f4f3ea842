"""Whether somebody whose call nobody answered is written to: once, kindly, and only then. Pure.

A user's call opens Meta's window whether it is answered or not (Meta, user call permissions).
"""

import uuid
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from shared.call.call import EndReason
from shared.call.ids import CallId, PhoneNumberId
from shared.call.person import Person

ONE_WITHIN = timedelta(hours=1)
"""One text for a person and line."""

_NAMESPACE = uuid.UUID("0b6f6f0c-8f4f-5c5e-9a43-4e2a7d1c9b60")
# an abuse of ours, and a decision of somebody who saw the call ring
_NO_WORD = frozenset({EndReason.CALLER_LIMIT.value, EndReason.OPERATOR_HANGUP.value})


@dataclass(frozen=True, slots=True, kw_only=True)
class MissedCall:
    """An inbound call that ended without an answer, and what is known of its person since."""

    call_id: CallId
    phone_number_id: PhoneNumberId
    person: Person | None
    end_reason: str
    was_answered: bool = False
    """Meta has corrected its end."""
    is_forbidden: bool = False
    """They asked not to be called."""
    has_talked: bool = False
    """Another call with them was answered since, or was going on."""
    called_again: bool = False
    """Their later call decides."""
    was_texted: bool = False
    """Within the last hour."""


class Skipped(StrEnum):
    """Why nobody is written to; `call_jobs.last_error`."""

    SWITCHED_OFF = "switched-off"
    NOBODY = "nobody"
    ANSWERED = "answered"
    NOT_OWED = "not-owed"
    FORBIDDEN = "do-not-call"
    TALKED_SINCE = "talked-since"
    CALLED_AGAIN = "called-again"
    TEXTED_ALREADY = "texted-already"


def decide(call: MissedCall, *, text: str) -> Skipped | None:
    """Say why nobody is written to; `None`: they are."""
    reasons = (
        (not text, Skipped.SWITCHED_OFF),
        (call.person is None, Skipped.NOBODY),
        (call.was_answered, Skipped.ANSWERED),
        (call.end_reason in _NO_WORD, Skipped.NOT_OWED),
        (call.is_forbidden, Skipped.FORBIDDEN),
        (call.has_talked, Skipped.TALKED_SINCE),
        (call.called_again, Skipped.CALLED_AGAIN),
        (call.was_texted, Skipped.TEXTED_ALREADY),
    )
    return next((why for holds, why in reasons if holds), None)


def message_id_of(call: MissedCall, now: datetime) -> str:
    """Return the id of the text: two replicas with two calls of one person write one row."""
    who = call.person.key if call.person is not None else call.call_id
    hour = int(now.timestamp() // ONE_WITHIN.total_seconds())
    return str(uuid.uuid5(_NAMESPACE, f"{call.phone_number_id}|{who}|{hour}"))


def each_person_once(calls: Iterable[MissedCall]) -> list[MissedCall]:
    """Return the calls, of those of one person and line the first alone."""
    found: dict[tuple[str, str], MissedCall] = {}
    for call in calls:
        who = call.person.key if call.person is not None else call.call_id
        found.setdefault((call.phone_number_id, who), call)
    return list(found.values())
