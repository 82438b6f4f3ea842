"""Rows of errands <-> their nouns: pure mapping, nothing else."""

from collections.abc import Mapping
from typing import Any

from controlplane.core.errand import Fate, Later, Verdict, in_words
from controlplane.core.follow_up import FollowUp, FollowUpStatus
from controlplane.core.message import Message, MessageStatus
from controlplane.core.missed_call import MissedCall
from shared.call.ids import CallId, PhoneNumberId
from shared.call.person import Person
from shared.database.rows import Row, moment_of, time_of, value_for_database

FOLLOW_UP_COLUMNS = (
    "id", "call_id", "due_at", "time_zone", "channel", "kind", "source", "purpose", "body",
    "status", "attempts", "next_at", "last_error", "finished_at", "placed_call_id",
)  # fmt: skip
MESSAGE_COLUMNS = (
    "id", "call_id", "follow_up_id", "phone_number_id", "user_id", "phone", "kind", "body",
    "template", "status", "attempts", "created_at", "handed_at", "last_error", "finished_at",
)  # fmt: skip


def message_from_row(row: Row) -> Message:
    """Read a row of `messages`."""
    return Message(
        id=row["id"],
        call_id=CallId(row["call_id"]) if row["call_id"] else None,
        follow_up_id=row["follow_up_id"],
        phone_number_id=PhoneNumberId(row["phone_number_id"]),
        person=Person(user_id=row["user_id"], phone=row["phone"]),
        kind=row["kind"],
        body=row["body"],
        template=row["template"],
        status=MessageStatus(row["status"]),
        attempts=row["attempts"],
        created_at=moment_of(row["created_at"]),
        handed_at=time_of(row["handed_at"]),
        last_error=row["last_error"],
        finished_at=time_of(row["finished_at"]),
    )


def follow_up_from_row(row: Row) -> FollowUp:
    """Read a row of `follow_ups`."""
    return FollowUp(
        id=row["id"],
        call_id=CallId(row["call_id"]),
        due_at=moment_of(row["due_at"]),
        time_zone=row["time_zone"],
        channel=row["channel"],
        kind=row["kind"],
        source=row["source"],
        purpose=row["purpose"],
        body=row["body"],
        status=FollowUpStatus(row["status"]),
        attempts=row["attempts"],
        next_at=time_of(row["next_at"]),
        last_error=row["last_error"],
        finished_at=time_of(row["finished_at"]),
        placed_call_id=CallId(row["placed_call_id"]) if row["placed_call_id"] else None,
    )


def missed_call_from_row(row: Row) -> MissedCall:
    """Read a row of the function `missed_calls()`."""
    return MissedCall(
        call_id=CallId(row["call_id"]),
        phone_number_id=PhoneNumberId(row["phone_number_id"]),
        person=Person.of(row["user_id"], row["phone"]),
        end_reason=row["end_reason"] or "",
        was_answered=row["was_answered"],
        is_forbidden=row["is_forbidden"],
        has_talked=row["has_talked"],
        called_again=row["called_again"],
        was_texted=row["was_texted"],
    )


FREED: Mapping[str, None] = {"owner": None, "owner_until": None}
"""Nobody has the errand any more."""


def settled_columns(verdict: Verdict, *, done: str, attempts: int, at: Any) -> dict[str, Any]:
    """Return the columns that both kinds of errands settle by.

    `done` is how the table calls it that nothing is left to do; `at`: the time.
    """
    if isinstance(verdict, Later):
        kept = {"last_error": in_words(verdict.why)} if verdict.why else {}
        tries = attempts if verdict.counts else max(attempts - 1, 0)
        next_at = value_for_database(verdict.at)
        return {**FREED, **kept, "next_at": next_at, "attempts": tries}
    return {
        **FREED,
        "status": done if verdict.fate is Fate.DONE else verdict.fate.value,
        "last_error": in_words(verdict.why) or None,
        "finished_at": value_for_database(at),
    }
