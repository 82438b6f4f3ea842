"""Rows of the database <-> the nouns of the core: pure mapping, nothing else.

Columns are named like fields; only a call's `party` is spread over `caller_*`.
"""

import math
from collections.abc import Mapping
from datetime import UTC, datetime
from enum import Enum
from typing import Any

from controlplane.call import (
    Call,
    CallId,
    CallStatus,
    Direction,
    EndReason,
    Party,
    PhoneNumberId,
    WhatsAppCallId,
)
from controlplane.consent import (
    CallHistory,
    CallPause,
    ConsentEntry,
    ConsentKind,
    ConsentRequest,
    ConsentSource,
    ConsentState,
    LedgerState,
    Permission,
)
from controlplane.records import (
    EventOutcome,
    EventRecord,
    EventSource,
    FollowUp,
    Lead,
    TranscriptTurn,
)

Row = Mapping[str, Any]

SCHEMA_VERSION = 2
"""What `schema_version()` in schema.sql returns; raise both together."""

CALL_COLUMNS = (
    "id", "wacid", "direction", "status", "phone_number_id",
    "caller_user_id", "caller_phone", "caller_name", "created_at", "deadline_at",
    "accept_sent_at", "answered_at", "media_at", "ended_at", "duration_s", "end_reason",
    "end_requested", "ended_by_peer", "released_at", "caller_sid", "hop", "dialed_at",
    "linked_at", "timings", "outcome",
)  # fmt: skip
EVENT_COLUMNS = (
    "id", "source", "kind", "received_at", "call_id", "wacid", "payload", "outcome",
)  # fmt: skip
TRANSCRIPT_COLUMNS = ("call_id", "sequence", "speaker", "text", "interrupted", "spoken_at")
LEAD_COLUMNS = ("call_id", "name", "phone", "email", "interest", "notes")
FOLLOW_UP_COLUMNS = ("id", "call_id", "due_at", "channel", "purpose")
CONSENT_COLUMNS = (
    "id", "phone_number_id", "user_id", "phone", "kind", "granted", "source", "source_ref",
    "valid_until", "at", "note",
)  # fmt: skip
CONSENT_REQUEST_COLUMNS = (
    "id", "phone_number_id", "user_id", "phone", "previous_id", "requested_at", "template",
    "message_id",
)  # fmt: skip
CALL_PAUSE_COLUMNS = ("id", "phone_number_id", "user_id", "phone", "reason", "until", "at")

TABLES: Mapping[str, tuple[str, ...]] = {
    "calls": (*CALL_COLUMNS, "summary"),
    "call_events": (*EVENT_COLUMNS, "taken_at"),
    "transcripts": TRANSCRIPT_COLUMNS,
    "leads": LEAD_COLUMNS,
    "follow_ups": FOLLOW_UP_COLUMNS,
    "consents": (*CONSENT_COLUMNS, "seq"),
    "consent_requests": (*CONSENT_REQUEST_COLUMNS, "person", "outcome"),
    "call_pauses": CALL_PAUSE_COLUMNS,
}
"""Every table and column that the product reads or writes."""

_NEVER_WRITTEN = frozenset({"id", "direction", "created_at", "duration_s"})
_CHANGEABLE = (frozenset(CALL_COLUMNS) | {"party"}) - _NEVER_WRITTEN


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


def _columns(record: object, names: tuple[str, ...]) -> dict[str, Any]:
    return {name: value_for_database(getattr(record, name)) for name in names}


def _party_columns(party: Party) -> dict[str, Any]:
    return {
        "caller_user_id": value_for_database(party.user_id),
        "caller_phone": value_for_database(party.phone),
        "caller_name": value_for_database(party.name),
    }


def call_to_row(call: Call) -> dict[str, Any]:
    """Return the row to insert; `duration_s` is the database's own."""
    own = tuple(
        name for name in CALL_COLUMNS if not name.startswith("caller_") or name == "caller_sid"
    )
    row = _columns(call, own) | _party_columns(call.party)
    del row["duration_s"]
    return row


def changes_to_row(changes: Mapping[str, Any]) -> dict[str, Any]:
    """Return the columns for changed fields of a call.

    Raises:
        ValueError: a field does not exist or never changes.
    """
    row: dict[str, Any] = {}
    for name, value in changes.items():
        if name not in _CHANGEABLE:
            raise ValueError(f"calls.{name} is not a field that can be changed")
        if name == "party":
            row |= _party_columns(value)
        else:
            row[name] = value_for_database(value)
    return row


def row_has(row: Row, columns: Row) -> bool:
    """Whether a row holds these values: how a repeated write recognises its own work."""
    return all(_comparable(name, row.get(name)) == _comparable(name, columns[name])
               for name in columns)  # fmt: skip


def _comparable(name: str, value: Any) -> Any:
    return datetime.fromisoformat(value) if name.endswith("_at") and value else value


def _time(value: str | None) -> datetime | None:
    return datetime.fromisoformat(value).astimezone(UTC) if value else None


def _moment(value: str) -> datetime:
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
            user_id=row["caller_user_id"], phone=row["caller_phone"], name=row["caller_name"]
        ),
        created_at=_moment(row["created_at"]),
        deadline_at=_time(row["deadline_at"]),
        accept_sent_at=_time(row["accept_sent_at"]),
        answered_at=_time(row["answered_at"]),
        media_at=_time(row["media_at"]),
        ended_at=_time(row["ended_at"]),
        duration_s=row["duration_s"],
        end_reason=_reason(row["end_reason"]),
        end_requested=_reason(row["end_requested"]),
        ended_by_peer=row["ended_by_peer"],
        released_at=_time(row["released_at"]),
        caller_sid=row["caller_sid"],
        hop=row["hop"],
        dialed_at=_time(row["dialed_at"]),
        linked_at=_time(row["linked_at"]),
        timings=dict(row["timings"]),
        outcome=row["outcome"],
    )


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
    return _columns(event, EVENT_COLUMNS)


def event_from_row(row: Row) -> EventRecord:
    """Read a row of `call_events`."""
    return EventRecord(
        id=row["id"],
        source=EventSource(row["source"]),
        kind=row["kind"],
        received_at=_moment(row["received_at"]),
        call_id=CallId(row["call_id"]) if row["call_id"] else None,
        wacid=WhatsAppCallId(row["wacid"]) if row["wacid"] else None,
        payload=row["payload"],
        outcome=EventOutcome(row["outcome"]) if row["outcome"] else None,
    )


def transcript_to_row(turn: TranscriptTurn) -> dict[str, Any]:
    """Return the row to insert."""
    return _columns(turn, TRANSCRIPT_COLUMNS)


def transcript_from_row(row: Row) -> TranscriptTurn:
    """Read a row of `transcripts`."""
    return TranscriptTurn(
        call_id=CallId(row["call_id"]),
        sequence=row["sequence"],
        speaker=row["speaker"],
        text=row["text"],
        interrupted=row["interrupted"],
        spoken_at=_moment(row["spoken_at"]),
    )


def lead_to_row(lead: Lead) -> dict[str, Any]:
    """Return only what is known: a column that is not sent keeps what the row has."""
    return {
        name: value for name, value in _columns(lead, LEAD_COLUMNS).items() if value is not None
    }


def lead_from_row(row: Row) -> Lead:
    """Read a row of `leads`."""
    return Lead(
        call_id=CallId(row["call_id"]),
        name=row["name"],
        phone=row["phone"],
        email=row["email"],
        interest=row["interest"],
        notes=row["notes"],
    )


def follow_up_to_row(follow_up: FollowUp) -> dict[str, Any]:
    """Return the row to insert."""
    return _columns(follow_up, FOLLOW_UP_COLUMNS)


def follow_up_from_row(row: Row) -> FollowUp:
    """Read a row of `follow_ups`."""
    return FollowUp(
        id=row["id"],
        call_id=CallId(row["call_id"]),
        due_at=_moment(row["due_at"]),
        channel=row["channel"],
        purpose=row["purpose"],
    )


def _names(party: Party | None) -> dict[str, Any]:
    return {
        "user_id": value_for_database(party.user_id) if party is not None else None,
        "phone": value_for_database(party.phone) if party is not None else None,
    }


def consent_to_row(entry: ConsentEntry) -> dict[str, Any]:
    """Return the row to insert."""
    own = tuple(name for name in CONSENT_COLUMNS if name not in ("user_id", "phone"))
    return _columns(entry, own) | _names(entry.party)


def consent_from_row(row: Row) -> ConsentEntry:
    """Read a row of `consents`."""
    return ConsentEntry(
        id=row["id"],
        phone_number_id=PhoneNumberId(row["phone_number_id"]),
        party=Party(user_id=row["user_id"], phone=row["phone"]),
        kind=ConsentKind(row["kind"]),
        granted=row["granted"],
        source=ConsentSource(row["source"]),
        source_ref=row["source_ref"],
        valid_until=_time(row["valid_until"]),
        at=_moment(row["at"]),
        note=row["note"],
    )


def consent_state_from_row(row: Row) -> ConsentState:
    """Read a row of the view `consent_state`."""
    return ConsentState(
        phone_number_id=PhoneNumberId(row["phone_number_id"]),
        party=Party(user_id=row["user_id"], phone=row["phone"]),
        kind=ConsentKind(row["kind"]),
        state=row["state"],
        valid_until=_time(row["valid_until"]),
        source=ConsentSource(row["source"]),
        at=_moment(row["at"]),
    )


def consent_request_to_row(request: ConsentRequest) -> dict[str, Any]:
    """Return the row to insert."""
    own = tuple(name for name in CONSENT_REQUEST_COLUMNS if name not in ("user_id", "phone"))
    return _columns(request, own) | _names(request.party)


def call_pause_to_row(pause: CallPause) -> dict[str, Any]:
    """Return the row to insert."""
    own = tuple(name for name in CALL_PAUSE_COLUMNS if name not in ("user_id", "phone"))
    return _columns(pause, own) | _names(pause.party)


def standing_from_row(row: Row) -> tuple[LedgerState, CallHistory]:
    """Read the row that `call_standing()` returns."""
    granted = row["permission_granted"]
    ledger = LedgerState(
        permission=None
        if granted is None
        else Permission(granted=granted, valid_until=_time(row["permission_until"])),
        do_not_call_since=_time(row["do_not_call_since"]),
        pause_reason=row["pause_reason"],
        pause_until=_time(row["pause_until"]),
    )
    history = CallHistory(
        connected_limit_reached_at=_time(row["connected_limit_reached_at"]),
        unanswered_in_a_row=row["unanswered_in_a_row"],
        rejections_in_a_row=row["rejections_in_a_row"],
        live_call_id=CallId(row["live_call_id"]) if row["live_call_id"] else None,
        initiation_limit_reached_at=_time(row["initiation_limit_reached_at"]),
        concurrent_calls=row["concurrent_calls"],
        requested_at=tuple(_moment(at) for at in row["requested_at"]),
        last_request_id=row["last_request_id"],
    )
    return ledger, history
