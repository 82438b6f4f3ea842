"""Rows of the database <-> nouns of the core."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone
from typing import cast, get_type_hints

import pytest

from shared.call.call import Call, CallStatus, Direction, EndReason
from shared.call.changes import CallChanges
from shared.call.ids import CallId, PhoneNumberId, WhatsAppCallId
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
from shared.database import rows

NOW = datetime(2026, 11, 23, 12, 0, 0, 123456, tzinfo=UTC)
CALL_ID = CallId("9b0f3c9e-7a51-4a62-9a1d-0d6f7c1b2a3e")
CALL = Call(
    id=CALL_ID,
    wacid=WhatsAppCallId("wacid.x"),
    direction=Direction.INBOUND,
    status=CallStatus.COMPLETED,
    phone_number_id=PhoneNumberId("1"),
    party=Party(person=Person(user_id="US.1", phone="15550001111"), name="Zoë 🌻 أمل"),
    created_at=NOW,
    deadline_at=NOW,
    accept_sent_at=NOW,
    answered_at=NOW,
    media_at=NOW,
    ended_at=NOW,
    end_reason=EndReason.CALLER_HANGUP,
    end_requested=EndReason.AGENT_HANGUP,
    ended_by_peer=True,
    released_at=NOW,
    caller_sid="PA_x",
    timings={"whip": 12.5},
    outcome="sold",
    meta_usd_per_minute=0.25,
    origin={"cta_payload": "bike-7 \U0001f6b2"},
)


def test_a_call_survives_the_way_into_a_row_and_back() -> None:
    """Every field of a call, but for the computed duration, has its column."""
    row = rows.call_to_row(CALL) | {
        "duration_s": None,
        "off_purpose_turns": 0,
        "meta_cost_usd": None,
    }
    assert set(row) == set(rows.CALL_COLUMNS)
    assert rows.call_from_row(row) == CALL
    # exact numbers come as numbers, or as texts
    assert rows.call_from_row(row | {"meta_cost_usd": "0.06"}).meta_cost_usd == 0.06


def test_what_changes_in_a_call_has_the_columns_of_a_new_one() -> None:
    """All changes at once give what an insert gives, but for what never changes."""
    values = {name: getattr(CALL, name) for name in get_type_hints(CallChanges)}
    changes = cast("CallChanges", values)
    fixed = {"id", "direction", "created_at", "origin", "profile", "max_duration_s"}
    fixed |= {"meta_usd_per_minute"}
    inserted = rows.call_to_row(CALL).items()
    assert rows.changes_to_row(changes) == {k: v for k, v in inserted if k not in fixed}
    assert rows.changes_to_row({}) == {}


def test_the_other_records_survive_too() -> None:
    """Events, turns, leads, follow-ups, calls of tools come back as they went in."""
    event = EventRecord(
        id="e",
        source=EventSource.META,
        kind="connect",
        received_at=NOW,
        call_id=CALL_ID,
        wacid=WhatsAppCallId("w"),
        payload={"a": [1, {"b": None}]},
        outcome=EventOutcome.STALE,
    )
    turn = TranscriptTurn(
        call_id=CALL_ID, sequence=1, speaker="user", text="Grüße", interrupted=True, spoken_at=NOW
    )
    measured = MeasuredTurn(
        call_id=CALL_ID, number=1, began_at=NOW, tokens={"text_in": 3}, cost_usd=0.5
    )
    assert rows.measured_from_row(rows.measured_to_row(measured)) == measured
    unpriced = replace(measured, cost_usd=None)
    assert rows.measured_from_row(rows.measured_to_row(unpriced)) == unpriced
    lead = Lead(
        call_id=CALL_ID,
        name="n",
        phone="p",
        email="e",
        interest="i",
        notes="x",
        may_follow_up=True,
        may_market=False,
    )
    follow_up = FollowUp(
        id="f",
        call_id=CALL_ID,
        due_at=NOW,
        channel="message",
        purpose="p",
        time_zone="Europe/Madrid",
        source="workflow",
        kind="promise",
        body="b",
    )
    tool_call = ToolCall(
        id=ToolCall.id_of(CALL_ID, "call_1"),
        call_id=CALL_ID,
        source="workflow",
        name="upsertLead",
        arguments={"name": "Ana"},
        result="Written down.",
        error="refused",
        began_at=NOW,
        latency_ms=12,
    )
    assert rows.event_from_row(rows.event_to_row(event)) == event
    assert rows.transcript_from_row(rows.transcript_to_row(turn)) == turn
    given = rows.lead_to_given(lead)
    assert rows.lead_from_row({"call_id": CALL_ID, **given}) == lead
    assert rows.follow_up_from_row(rows.follow_up_to_row(follow_up)) == follow_up
    assert rows.tool_call_from_row(rows.tool_call_to_row(tool_call)) == tool_call


def test_an_unknown_field_of_a_lead_is_not_sent() -> None:
    """What is not sent keeps the row's value."""
    assert rows.lead_to_given(Lead(call_id=CALL_ID, name="Ana")) == {"name": "Ana"}


@pytest.mark.parametrize(
    ("value", "stored"),
    [
        ("Zoë 🌻", "Zoë 🌻"),
        ("a\x00b", "a\ufffdb"),
        ("\ud83d\ude00", "😀"),
        ("x\ud800y", "x\ufffdy"),
        (float("nan"), None),
        (float("inf"), None),
        ({"k\x00": ["\x00", 1, True, None]}, {"k\ufffd": ["\ufffd", 1, True, None]}),
        (CallStatus.NO_ANSWER, "no_answer"),
        (
            datetime(2026, 1, 1, 2, tzinfo=timezone(timedelta(hours=2))),
            "2026-01-01T00:00:00+00:00",
        ),
    ],
)
def test_values_that_postgres_refuses_are_replaced(value: object, stored: object) -> None:
    """NUL, lone surrogates and NaN cannot keep an event out of the database."""
    assert rows.value_for_database(value) == stored


def test_a_time_without_a_zone_is_refused() -> None:
    """Naive times are bugs."""
    with pytest.raises(ValueError, match="without a zone"):
        rows.value_for_database(datetime(2026, 1, 1))  # noqa: DTZ001


def test_a_reason_of_a_newer_release_is_read_as_internal() -> None:
    """A row written by a newer replica does not break an older one."""
    counted = {"duration_s": 1.5, "off_purpose_turns": 2, "meta_cost_usd": None}
    row = rows.call_to_row(CALL) | counted | {"end_reason": "moon-phase"}
    assert rows.call_from_row(row).end_reason is EndReason.INTERNAL


def test_a_row_is_recognised_by_its_values_however_times_are_written() -> None:
    """`Z`, `+00:00` and another zone are the same moment."""
    row = {"status": "active", "answered_at": "2026-01-01T01:00:00+01:00", "outcome": None}
    assert rows.row_has(row, {"status": "active", "answered_at": "2026-01-01T00:00:00+00:00"})
    assert not rows.row_has(row, {"status": "active", "answered_at": "2026-01-01T00:00:01+00:00"})
    assert not rows.row_has(row, {"outcome": "sold"})
