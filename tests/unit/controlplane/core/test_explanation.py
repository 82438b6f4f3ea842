"""Why a call ended, in a sentence."""

from datetime import UTC, datetime
from typing import Any

import pytest

from controlplane.core.explanation import SENTENCES, why_ended
from shared.call.call import Call, CallStatus, Direction, EndReason
from shared.call.ids import CallId, PhoneNumberId
from shared.call.person import Party
from shared.call.records import EventRecord, EventSource

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)


def ended(reason: EndReason | None) -> Call:
    return Call(
        id=CallId("9b0f3c9e-7a51-4a62-9a1d-0d6f7c1b2a3e"),
        wacid=None,
        direction=Direction.OUTBOUND,
        status=CallStatus.RINGING if reason is None else CallStatus.FAILED,
        phone_number_id=PhoneNumberId("1"),
        party=Party(),
        created_at=NOW,
        end_reason=reason,
    )


def noted(kind: str = "error", by: EventSource = EventSource.CONTROLPLANE, **payload: Any) -> Any:
    return EventRecord.note(by, kind, NOW, payload)


@pytest.mark.parametrize("reason", EndReason)
def test_every_reason_has_a_sentence(reason: EndReason) -> None:
    """Even where nothing on the timeline says more."""
    assert why_ended(ended(reason), []) == SENTENCES[reason]
    assert SENTENCES[reason].endswith((".", "?"))


def test_a_call_that_goes_on_has_not_ended() -> None:
    """Whatever went wrong on the way."""
    assert why_ended(ended(None), [noted(message="Oh.")]) is None


@pytest.mark.parametrize(
    ("events", "said"),
    [
        ([noted(message="Refused. Wait.")], "Refused. Wait."),
        (
            [noted(message="Refused. Wait.", meta_detail="Not before noon.")],
            "Refused. Wait. Meta says: Not before noon.",
        ),
        ([noted("note", message="Meta ended it.")], "Meta ended it."),
        ([noted(message="First."), noted(message="Last.")], "Last."),
        (
            [noted(by=EventSource.AGENT, reason="graph-refused", cause="http-401")],
            f"{SENTENCES[EndReason.GRAPH_REFUSED]} The cause: http-401.",
        ),
        ([noted("step", message="No.")], SENTENCES[EndReason.GRAPH_REFUSED]),
        ([noted(by=EventSource.META, message="No.")], SENTENCES[EndReason.GRAPH_REFUSED]),
        ([noted(message=7, meta_detail={}, cause=[])], "7"),
        ([noted(message=" ")], SENTENCES[EndReason.GRAPH_REFUSED]),
    ],
)
def test_the_timeline_says_more(events: list[EventRecord], said: str) -> None:
    """Meta's reason and what to do about it; what is odd in a payload is passed over."""
    assert why_ended(ended(EndReason.GRAPH_REFUSED), events) == said
