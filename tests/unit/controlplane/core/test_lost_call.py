"""Who is written to after a call."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from controlplane.core.lost_call import kind_of_text, owed_a_word
from controlplane.core.message import MessageKind
from shared.call.call import Call, CallStatus, Direction, EndReason
from shared.call.ids import CallId, PhoneNumberId, WhatsAppCallId
from shared.call.person import Party, Person

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
PERSON = Person(phone="15551234567")
CUT = Call(
    id=CallId("7c9e6679-7425-40de-944b-e07fc1f90ae7"),
    wacid=WhatsAppCallId("wacid.INVENTED"),
    direction=Direction.INBOUND,
    status=CallStatus.FAILED,
    phone_number_id=PhoneNumberId("1"),
    party=Party(person=PERSON),
    created_at=NOW,
    answered_at=NOW,
    ended_at=NOW,
    end_reason=EndReason.AGENT_LOST,
)
OURS = {
    EndReason.AGENT_LOST, EndReason.ROOM_LOST, EndReason.OPENAI_UNREACHABLE,
    EndReason.OPENAI_KEY_REFUSED, EndReason.OPENAI_QUOTA, EndReason.OPENAI_MODEL_UNKNOWN,
    EndReason.MODEL_LOST,
}  # fmt: skip


@pytest.mark.parametrize("reason", EndReason)
def test_only_an_end_of_our_making_is_a_reason(reason: EndReason) -> None:
    """Whatever the phone, the person, an operator or a rule has ended needs no word."""
    assert owed_a_word(replace(CUT, end_reason=reason)) == (PERSON if reason in OURS else None)


@pytest.mark.parametrize(
    "call",
    [
        replace(CUT, answered_at=None),
        replace(CUT, status=CallStatus.ACTIVE, end_reason=None),
        replace(CUT, status=CallStatus.ACTIVE),
        replace(CUT, ended_by_peer=True),
        replace(CUT, party=Party(person=None)),
    ],
    ids=["never answered", "talks", "not over", "hung up by the person", "unknown person"],
)
def test_nobody_else_is_written_to(call: Call) -> None:
    """A call that never was a conversation, still is one, or that the person ended."""
    assert owed_a_word(call) is None


def test_a_text_that_was_announced_has_a_kind_of_its_own() -> None:
    """The agent has said that it follows; of an agent that died nobody has said anything."""
    model = {
        reason
        for reason in OURS
        if kind_of_text(replace(CUT, end_reason=reason)) == MessageKind.MODEL_LOST
    }
    assert model == OURS - {EndReason.AGENT_LOST, EndReason.ROOM_LOST}
