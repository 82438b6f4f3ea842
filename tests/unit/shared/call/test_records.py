"""The rows around a call."""

import uuid
from datetime import UTC, datetime

from shared.call.ids import CallId
from shared.call.records import EventOutcome, EventRecord, EventSource, ToolCall

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
PAYLOAD = {"digit": "5", "kind": "a payload may use our words"}


def test_a_note_needs_no_work_and_is_a_row_of_its_own() -> None:
    """Two notes of the same thing are two rows; nobody takes them up as unfinished events."""
    one, two = (
        EventRecord.note(EventSource.AGENT, "error", NOW, PAYLOAD, call_id=CallId("c"))
        for _ in range(2)
    )
    assert uuid.UUID(one.id) != uuid.UUID(two.id)
    assert one.outcome is EventOutcome.RECORDED
    assert (one.source, one.kind, one.received_at) == (EventSource.AGENT, "error", NOW)
    assert (one.call_id, one.wacid, one.payload) == (CallId("c"), None, PAYLOAD)


def test_what_has_to_be_worked_on_is_recorded_without_an_outcome() -> None:
    """None means that somebody still has to work on it."""
    event = EventRecord.note(EventSource.META, "connect", NOW, PAYLOAD, outcome=None)
    assert event.outcome is None


def test_a_tools_call_has_one_id_in_its_call() -> None:
    """A worker that takes a call over writes the same row; another call's is another one."""
    one = ToolCall.id_of(CallId("c"), "call_1")
    assert one == ToolCall.id_of(CallId("c"), "call_1")
    assert (
        len({one, ToolCall.id_of(CallId("c"), "call_2"), ToolCall.id_of(CallId("d"), "call_1")})
        == 3
    )
