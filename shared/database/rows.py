"""Rows of the database <-> the nouns of the core: pure mapping, nothing else.

Columns are named like fields; only a call's `party` is spread over `caller_*`.
"""

import math
from collections.abc import Mapping
from datetime import UTC, datetime
from enum import Enum
from typing import Any

from shared.call.agent_lease import HeldCall
from shared.call.call import Call, CallStatus, Direction, EndReason
from shared.call.changes import CallChanges
from shared.call.ids import CallId, PhoneNumberId, WhatsAppCallId
from shared.call.jobs import CallJob, JobKind, JobState, JobStatus
from shared.call.measured_turn import MeasuredTurn
from shared.call.person import Party, Person
from shared.call.records import (
    EventOutcome,
    EventRecord,
    EventSource,
    FollowUp,
    Lead,
    ToolCall,
    TranscriptTurn,
)

Row = Mapping[str, Any]

SCHEMA_VERSION = 15
"""What `schema_version()` in schema.sql returns; raise both together."""

CALL_COLUMNS = (
    "id", "wacid", "direction", "status", "phone_number_id",
    "caller_user_id", "caller_phone", "caller_name", "created_at", "deadline_at",
    "accept_sent_at", "answered_at", "media_at", "ended_at", "duration_s", "end_reason",
    "end_requested", "ended_by_peer", "released_at", "caller_sid", "bridge", "dialed_at",
    "linked_at", "setup_owner", "setup_until", "setup_takes", "answer_sdp", "timings", "outcome",
    "origin", "profile", "max_duration_s", "off_purpose_turns", "meta_usd_per_minute",
    "meta_cost_usd",
)  # fmt: skip
EVENT_COLUMNS = (
    "id", "source", "kind", "received_at", "call_id", "wacid", "payload", "outcome",
)  # fmt: skip
TRANSCRIPT_COLUMNS = ("call_id", "sequence", "speaker", "text", "interrupted", "spoken_at")
MEASURED_COLUMNS = (
    "call_id", "number", "began_at", "response_ms", "model_ms", "barge_in_ms", "transcribed",
    "tokens", "cost_usd", "model",
)  # fmt: skip
LEAD_COLUMNS = (
    "call_id", "name", "phone", "email", "interest", "notes", "may_follow_up", "may_market",
)  # fmt: skip
FOLLOW_UP_COLUMNS = (
    "id", "call_id", "due_at", "channel", "purpose", "time_zone", "source", "kind", "body",
)  # fmt: skip
TOOL_CALL_COLUMNS = (
    "id", "call_id", "source", "name", "arguments", "result", "error", "began_at", "latency_ms",
)  # fmt: skip
TABLES: Mapping[str, tuple[str, ...]] = {
    "calls": (
        *CALL_COLUMNS, "summary", "caller_phone_key", "sentiment", "cost_usd",
    ),
    "call_events": (*EVENT_COLUMNS, "taken_at"),
    "transcripts": TRANSCRIPT_COLUMNS,
    "leads": (
        *LEAD_COLUMNS, "phone_key", "id", "business", "person_user_id", "person_phone_key",
        "first_call_id", "stage",
    ),
    "follow_ups": (
        *FOLLOW_UP_COLUMNS, "status", "attempts", "next_at",
        "owner", "owner_until", "last_error", "finished_at", "placed_call_id",
    ),
    "messages": (
        "id", "call_id", "follow_up_id", "phone_number_id", "user_id", "phone", "phone_key", "kind",
        "body", "template", "status", "attempts", "next_at", "owner", "owner_until", "last_error",
        "message_id", "finished_at", "handed_at",
    ),
    "tool_calls": TOOL_CALL_COLUMNS,
    "turns": MEASURED_COLUMNS,
    "call_jobs": (
        "call_id", "kind", "status", "attempts", "next_at", "owner", "owner_until", "last_error",
        "result", "finished_at",
    ),
    "recordings": (
        "id", "call_id", "status", "place", "files", "began_at", "ended_at", "keep_until",
        "deleted_at",
    ),
    "chores": ("name", "begun_at", "done_at"),
    "agent_workers": ("id", "until", "seen_at"),
    "agent_calls": ("call_id", "worker", "takes", "state"),
}  # fmt: skip
"""Tables and columns that both services read or write."""


def value_for_database(value: Any) -> Any:
    """Turn a value into JSON that Postgres takes.

    Postgres refuses U+0000 in text and jsonb, UTF-8 has no lone surrogates and JSON no NaN; a
    webhook that carries one (as an escape in its JSON) is still stored, with U+FFFD or null there.
    """
    match value:
        case Enum():
            return value.value
        case str():
            if "\x00" in value or not value.isascii():
                return (
                    value.replace("\x00", "\ufffd")
                    .encode("utf-16", "surrogatepass")
                    .decode("utf-16", "replace")
                )
            return value
        case datetime():
            if value.tzinfo is None:
                raise ValueError("a time without a zone cannot be stored")
            return value.astimezone(UTC).isoformat()
        case float():
            return value if math.isfinite(value) else None
        case Mapping():
            return {
                value_for_database(str(key)): value_for_database(item)
                for key, item in value.items()
            }
        case list() | tuple():
            return [value_for_database(item) for item in value]
        case _:
            return value


def columns_of(record: object, names: tuple[str, ...]) -> dict[str, Any]:
    """Read fields by their names, as the database takes them."""
    return {name: value_for_database(getattr(record, name)) for name in names}


def _party_columns(party: Party) -> dict[str, Any]:
    person = party.person
    return {
        "caller_user_id": value_for_database(person.user_id) if person is not None else None,
        "caller_phone": person.phone if person is not None else None,
        "caller_name": value_for_database(party.name),
    }


def call_to_row(call: Call) -> dict[str, Any]:
    """Return the row to insert; what the database counts itself is not in it."""
    own = tuple(
        name for name in CALL_COLUMNS if not name.startswith("caller_") or name == "caller_sid"
    )
    row = columns_of(call, own) | _party_columns(call.party)
    del row["duration_s"], row["off_purpose_turns"], row["meta_cost_usd"]
    return row


def changes_to_row(changes: CallChanges) -> dict[str, Any]:
    """Return the columns for changed fields of a call."""
    row = {name: value_for_database(value) for name, value in changes.items() if name != "party"}
    if "party" in changes:
        row |= _party_columns(changes["party"])
    return row


def row_has(row: Row, columns: Row) -> bool:
    """Whether a row holds these values: how a repeated write recognises its own work."""
    return all(_comparable(name, row.get(name)) == _comparable(name, columns[name])
               for name in columns)  # fmt: skip


def _comparable(name: str, value: Any) -> Any:
    return datetime.fromisoformat(value) if name.endswith(("_at", "_until")) and value else value


def time_of(value: str | None) -> datetime | None:
    """Read a column that may be null."""
    return datetime.fromisoformat(value).astimezone(UTC) if value else None


def moment_of(value: str) -> datetime:
    """Read a column that is never null."""
    return datetime.fromisoformat(value).astimezone(UTC)


def call_from_row(row: Row) -> Call:
    """Read a row of `calls`."""
    return Call(
        id=CallId(row["id"]),
        wacid=WhatsAppCallId(row["wacid"]) if row["wacid"] else None,
        direction=Direction(row["direction"]),
        status=CallStatus(row["status"]),
        phone_number_id=PhoneNumberId(row["phone_number_id"]),
        party=Party(
            person=Person.of(row["caller_user_id"], row["caller_phone"]), name=row["caller_name"]
        ),
        created_at=moment_of(row["created_at"]),
        deadline_at=time_of(row["deadline_at"]),
        accept_sent_at=time_of(row["accept_sent_at"]),
        answered_at=time_of(row["answered_at"]),
        media_at=time_of(row["media_at"]),
        ended_at=time_of(row["ended_at"]),
        duration_s=row["duration_s"],
        end_reason=_reason(row["end_reason"]),
        end_requested=_reason(row["end_requested"]),
        ended_by_peer=row["ended_by_peer"],
        released_at=time_of(row["released_at"]),
        caller_sid=row["caller_sid"],
        bridge=row["bridge"],
        dialed_at=time_of(row["dialed_at"]),
        linked_at=time_of(row["linked_at"]),
        setup_owner=row["setup_owner"],
        setup_until=time_of(row["setup_until"]),
        setup_takes=row["setup_takes"],
        answer_sdp=row["answer_sdp"],
        timings=dict(row["timings"]),
        outcome=row["outcome"],
        origin=dict(row["origin"]),
        profile=row["profile"],
        max_duration_s=row["max_duration_s"],
        off_purpose_turns=row["off_purpose_turns"],
        meta_usd_per_minute=_usd(row["meta_usd_per_minute"]),
        meta_cost_usd=_usd(row["meta_cost_usd"]),
    )


def _usd(value: float | str | None) -> float | None:
    # a `numeric` may come as a text, as it is exact
    return None if value is None else float(value)


def _reason(slug: str | None) -> EndReason | None:
    # A newer version of the product may have written a reason that this one does not know.
    if slug is None:
        return None
    try:
        return EndReason(slug)
    except ValueError:
        return EndReason.INTERNAL


def event_to_row(event: EventRecord) -> dict[str, Any]:
    """Return the row to insert."""
    return columns_of(event, EVENT_COLUMNS)


def event_from_row(row: Row) -> EventRecord:
    """Read a row of `call_events`."""
    return EventRecord(
        id=row["id"],
        source=EventSource(row["source"]),
        kind=row["kind"],
        received_at=moment_of(row["received_at"]),
        call_id=CallId(row["call_id"]) if row["call_id"] else None,
        wacid=WhatsAppCallId(row["wacid"]) if row["wacid"] else None,
        payload=row["payload"],
        outcome=EventOutcome(row["outcome"]) if row["outcome"] else None,
    )


def transcript_to_row(turn: TranscriptTurn) -> dict[str, Any]:
    """Return the row to insert."""
    return columns_of(turn, TRANSCRIPT_COLUMNS)


def transcript_from_row(row: Row) -> TranscriptTurn:
    """Read a row of `transcripts`."""
    return TranscriptTurn(
        call_id=CallId(row["call_id"]),
        sequence=row["sequence"],
        speaker=row["speaker"],
        text=row["text"],
        interrupted=row["interrupted"],
        spoken_at=moment_of(row["spoken_at"]),
    )


def measured_to_row(turn: MeasuredTurn) -> dict[str, Any]:
    """Return the row of `turns` to insert."""
    return columns_of(turn, MEASURED_COLUMNS)


def measured_from_row(row: Row) -> MeasuredTurn:
    """Read a row of `turns`."""
    return MeasuredTurn(
        call_id=CallId(row["call_id"]),
        number=row["number"],
        began_at=moment_of(row["began_at"]),
        response_ms=row["response_ms"],
        model_ms=row["model_ms"],
        barge_in_ms=row["barge_in_ms"],
        transcribed=row["transcribed"],
        tokens=dict(row["tokens"]),
        cost_usd=_usd(row["cost_usd"]),
        model=row["model"],
    )


def lead_to_given(lead: Lead) -> dict[str, Any]:
    """Return only what is known, as `upsert_lead()` takes it: the rest stays as it is."""
    known = columns_of(lead, LEAD_COLUMNS)
    return {name: value for name, value in known.items() if value is not None and name != "call_id"}


def lead_from_row(row: Row) -> Lead:
    """Read a row of `leads`."""
    return Lead(
        call_id=CallId(row["call_id"]),
        name=row["name"],
        phone=row["phone"],
        email=row["email"],
        interest=row["interest"],
        notes=row["notes"],
        may_follow_up=row["may_follow_up"],
        may_market=row["may_market"],
    )


def follow_up_to_row(follow_up: FollowUp) -> dict[str, Any]:
    """Return the row to insert."""
    return columns_of(follow_up, FOLLOW_UP_COLUMNS)


def follow_up_from_row(row: Row) -> FollowUp:
    """Read a row of `follow_ups`."""
    return FollowUp(
        id=row["id"],
        call_id=CallId(row["call_id"]),
        due_at=moment_of(row["due_at"]),
        channel=row["channel"],
        purpose=row["purpose"],
        time_zone=row["time_zone"],
        source=row["source"],
        kind=row["kind"],
        body=row["body"],
    )


def tool_call_to_row(call: ToolCall) -> dict[str, Any]:
    """Return the row to insert."""
    return columns_of(call, TOOL_CALL_COLUMNS)


def tool_call_from_row(row: Row) -> ToolCall:
    """Read a row of `tool_calls`."""
    return ToolCall(
        id=row["id"],
        call_id=CallId(row["call_id"]),
        source=row["source"],
        name=row["name"],
        arguments=row["arguments"],
        result=row["result"],
        error=row["error"],
        began_at=moment_of(row["began_at"]),
        latency_ms=row["latency_ms"],
    )


def call_job_from_row(row: Row) -> CallJob:
    """Read a row of `call_jobs` that somebody has taken."""
    return CallJob(
        call_id=CallId(row["call_id"]),
        kind=JobKind(row["kind"]),
        owner=row["owner"],
        attempts=row["attempts"],
        result=row["result"],
    )


def job_state_from_row(row: Row) -> JobState:
    """Read a row of `call_jobs`."""
    return JobState(
        status=JobStatus(row["status"]),
        attempts=row["attempts"],
        last_error=row["last_error"],
        result=row["result"],
    )


def held_calls(seen: Any) -> list[HeldCall]:
    """Read what `agents_seen()` returns."""
    return [
        HeldCall(
            call_id=CallId(one["call_id"]),
            worker=one["worker"],
            until=time_of(one["until"]),
            takes=one["takes"],
        )
        for one in seen
    ]
