"""Rows of the ledger <-> the nouns of consent: pure mapping, nothing else."""

from collections.abc import Mapping
from typing import Any

from controlplane.core.consent import (
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
from shared.call.ids import CallId, PhoneNumberId
from shared.call.person import Person
from shared.database.rows import Row, columns_of, moment_of, time_of, value_for_database

CONSENT_COLUMNS = (
    "id", "phone_number_id", "user_id", "phone", "kind", "granted", "source", "source_ref",
    "valid_until", "at", "note",
)  # fmt: skip
CONSENT_REQUEST_COLUMNS = (
    "id", "phone_number_id", "user_id", "phone", "previous_id", "requested_at", "template",
    "message_id",
)  # fmt: skip
CALL_PAUSE_COLUMNS = ("id", "phone_number_id", "user_id", "phone", "reason", "until", "at")

PERSON_LINK_COLUMNS = (
    "id", "phone_number_id", "old_user_id", "old_phone", "old_phone_key", "new_user_id",
    "new_phone", "new_phone_key", "at", "source_ref",
)  # fmt: skip

TABLES: Mapping[str, tuple[str, ...]] = {
    "consents": (*CONSENT_COLUMNS, "seq", "phone_key"),
    "consent_requests": (
        *CONSENT_REQUEST_COLUMNS,
        "person",
        "outcome",
        "failure_code",
        "phone_key",
    ),
    "call_pauses": (*CALL_PAUSE_COLUMNS, "said", "decision", "decided_at", "phone_key"),
    "person_links": PERSON_LINK_COLUMNS,
    "line_troubles": ("phone_number_id", "name", "holds", "until", "told_at"),
}
"""The ledger's tables and columns that the product reads or writes."""


def _names(person: Person | None) -> dict[str, Any]:
    return {
        "user_id": value_for_database(person.user_id) if person is not None else None,
        "phone": person.phone if person is not None else None,
    }


def consent_to_row(entry: ConsentEntry) -> dict[str, Any]:
    """Return the row to insert."""
    own = tuple(name for name in CONSENT_COLUMNS if name not in ("user_id", "phone"))
    return columns_of(entry, own) | _names(entry.person)


def consent_from_row(row: Row) -> ConsentEntry:
    """Read a row of `consents`."""
    return ConsentEntry(
        id=row["id"],
        phone_number_id=PhoneNumberId(row["phone_number_id"]),
        person=Person(user_id=row["user_id"], phone=row["phone"]),
        kind=ConsentKind(row["kind"]),
        granted=row["granted"],
        source=ConsentSource(row["source"]),
        source_ref=row["source_ref"],
        valid_until=time_of(row["valid_until"]),
        at=moment_of(row["at"]),
        note=row["note"],
    )


def consent_state_from_row(row: Row) -> ConsentState:
    """Read a row of the view `consent_state`."""
    return ConsentState(
        phone_number_id=PhoneNumberId(row["phone_number_id"]),
        person=Person(user_id=row["user_id"], phone=row["phone"]),
        kind=ConsentKind(row["kind"]),
        state=row["state"],
        valid_until=time_of(row["valid_until"]),
        source=ConsentSource(row["source"]),
        at=moment_of(row["at"]),
    )


def consent_request_to_row(request: ConsentRequest) -> dict[str, Any]:
    """Return the row to insert."""
    own = tuple(name for name in CONSENT_REQUEST_COLUMNS if name not in ("user_id", "phone"))
    return columns_of(request, own) | _names(request.person)


def call_pause_to_row(pause: CallPause) -> dict[str, Any]:
    """Return the row to insert."""
    own = tuple(name for name in CALL_PAUSE_COLUMNS if name not in ("user_id", "phone"))
    return columns_of(pause, own) | _names(pause.person)


def standing_from_row(row: Row) -> tuple[LedgerState, CallHistory]:
    """Read the row that `call_standing()` returns."""
    granted = row["permission_granted"]
    ledger = LedgerState(
        permission=None
        if granted is None
        else Permission(granted=granted, valid_until=time_of(row["permission_until"])),
        do_not_call_since=time_of(row["do_not_call_since"]),
        pause_reason=row["pause_reason"],
        pause_until=time_of(row["pause_until"]),
    )
    history = CallHistory(
        connected_limit_reached_at=time_of(row["connected_limit_reached_at"]),
        unanswered_in_a_row=row["unanswered_in_a_row"],
        rejections_in_a_row=row["rejections_in_a_row"],
        live_call_id=CallId(row["live_call_id"]) if row["live_call_id"] else None,
        initiation_limit_reached_at=time_of(row["initiation_limit_reached_at"]),
        concurrent_calls=row["concurrent_calls"],
        requested_at=tuple(moment_of(at) for at in row["requested_at"]),
        last_request_id=row["last_request_id"],
    )
    return ledger, history
