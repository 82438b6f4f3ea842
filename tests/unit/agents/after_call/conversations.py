"""A conversation that is over, and what is known of it, for tests."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from agents.after_call.findings import FoundPromise
from agents.after_call.material import Business, Material
from shared.call.call import Call, CallStatus, Direction, EndReason
from shared.call.ids import CallId, PhoneNumberId, WhatsAppCallId
from shared.call.person import Party, Person
from shared.call.records import FollowUp, Lead, ToolCall, TranscriptTurn

CALL_ID = CallId("7f0a4c0e-2f55-4e4e-9d2e-6b8d1f1f3c52")
NOW = datetime(2026, 11, 27, 9, 0, tzinfo=UTC)
ZONE = ZoneInfo("Europe/Amsterdam")
OUTCOMES = ("resolved", "lead", "other")


def call(**changes: Any) -> Call:
    known = Call(
        id=CALL_ID,
        wacid=WhatsAppCallId("wacid.1"),
        direction=Direction.INBOUND,
        status=CallStatus.COMPLETED,
        phone_number_id=PhoneNumberId("1066"),
        party=Party(person=Person(user_id="US.1349", phone="15550001111")),
        created_at=NOW - timedelta(minutes=5),
        answered_at=NOW - timedelta(minutes=4),
        ended_at=NOW - timedelta(minutes=1),
        end_reason=EndReason.CALLER_HANGUP,
    )
    return replace(known, **changes)


def turns(*said: str) -> list[TranscriptTurn]:
    """Turns, numbered from 1: what the customer says begins with `> `."""
    return [
        TranscriptTurn(
            call_id=CALL_ID,
            sequence=number,
            speaker="user" if text.startswith("> ") else "assistant",
            text=text.removeprefix("> "),
            spoken_at=NOW - timedelta(minutes=4),
        )
        for number, text in enumerate(said, 1)
    ]


def tool_call(name: str, number: int = 1, error: str | None = None) -> ToolCall:
    return ToolCall(
        id=ToolCall.id_of(CALL_ID, str(number)),
        call_id=CALL_ID,
        name=name,
        result="Done.",
        error=error,
        began_at=NOW - timedelta(minutes=3),
    )


def follow_up(channel: str, due_at: datetime, follow_up_id: str = "f1") -> FollowUp:
    return FollowUp(
        id=follow_up_id, call_id=CALL_ID, due_at=due_at, channel=channel, purpose="Call back"
    )


def material(
    said: Sequence[str] = ("Hello, how can I help?", "> Do you rent bikes?"),
    *,
    tool_calls: Sequence[ToolCall] = (),
    lead: Lead | None = None,
    follow_ups: Sequence[FollowUp] = (),
    of: Call | None = None,
) -> Material:
    return Material(
        call=of or call(),
        business=Business(
            name="Harbor Bikes", purpose="Bikes.", outcomes=OUTCOMES, zone=ZONE, facts="Prices: 14."
        ),
        turns=turns(*said),
        tool_calls=tool_calls,
        lead=lead,
        follow_ups=follow_ups,
    )


def promise(
    quote: str,
    turn: int = 1,
    *,
    remedy: str = "task",
    due_at: str | None = None,
    backed_by: int | None = None,
    message: str | None = None,
) -> FoundPromise:
    return FoundPromise.model_validate(
        {
            "turn": turn,
            "quote": quote,
            "backed_by": backed_by,
            "remedy": remedy,
            "due_at": due_at,
            "purpose": "Keep the promise.",
            "message": message,
        }
    )
