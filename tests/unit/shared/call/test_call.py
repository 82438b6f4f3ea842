"""The nouns of a call."""

import re
from datetime import UTC, datetime

import pytest

from shared.call.call import Call, CallStatus, Direction, EndReason, Termination
from shared.call.ids import CallId, PhoneNumberId, WhatsAppCallId
from shared.call.person import Party, Person
from shared.call.room import call_id_of_room, room_name

S, R = CallStatus, EndReason

VERDICTS = [
    (R.CALLER_HANGUP, S.COMPLETED, S.CANCELED),
    (R.AGENT_HANGUP, S.COMPLETED, S.CANCELED),
    (R.OPERATOR_HANGUP, S.COMPLETED, S.CANCELED),
    (R.CALLER_SILENT, S.COMPLETED, S.CANCELED),
    (R.VOICEMAIL, S.COMPLETED, S.CANCELED),
    (R.MAX_DURATION, S.COMPLETED, S.FAILED),
    (R.COST_CAP, S.COMPLETED, S.CANCELED),
    (R.MEDIA_LOST, S.COMPLETED, S.FAILED),
    (R.SHUTDOWN, S.COMPLETED, S.FAILED),
    (R.STALE_OFFER, S.NO_ANSWER, S.NO_ANSWER),
    (R.NOT_ANSWERED, S.NO_ANSWER, S.NO_ANSWER),
    (R.REJECTED, S.REJECTED, S.REJECTED),
    (R.BUSY, S.REJECTED, S.REJECTED),
    (R.CALLER_LIMIT, S.REJECTED, S.REJECTED),
    (R.MEDIA_TIMEOUT, S.FAILED, S.FAILED),
    (R.MEDIA_SILENT, S.COMPLETED, S.FAILED),
    (R.BAD_OFFER, S.FAILED, S.FAILED),
    (R.AGENT_NOT_READY, S.FAILED, S.FAILED),
    (R.AGENT_LOST, S.FAILED, S.FAILED),
    (R.OPENAI_UNREACHABLE, S.FAILED, S.FAILED),
    (R.OPENAI_KEY_REFUSED, S.FAILED, S.FAILED),
    (R.OPENAI_QUOTA, S.FAILED, S.FAILED),
    (R.OPENAI_MODEL_UNKNOWN, S.FAILED, S.FAILED),
    (R.MODEL_LOST, S.FAILED, S.FAILED),
    (R.ROOM_REFUSED, S.FAILED, S.FAILED),
    (R.ROOM_LOST, S.FAILED, S.FAILED),
    (R.WHIP_REFUSED, S.FAILED, S.FAILED),
    (R.HOP_REFUSED, S.FAILED, S.FAILED),
    (R.BRIDGE_REFUSED, S.FAILED, S.FAILED),
    (R.BRIDGE_LOST, S.FAILED, S.FAILED),
    (R.GRAPH_REFUSED, S.FAILED, S.FAILED),
    (R.PEER_FAILED, S.FAILED, S.FAILED),
    (R.SETUP_TIMEOUT, S.FAILED, S.FAILED),
    (R.INTERNAL, S.FAILED, S.FAILED),
]


@pytest.mark.parametrize(("reason", "if_answered", "if_not"), VERDICTS)
def test_a_reason_gives_the_final_status(
    reason: EndReason, if_answered: CallStatus, if_not: CallStatus
) -> None:
    """The status follows from the reason and from whether the call had been answered."""
    assert Termination.of(reason, answered=True).status is if_answered
    assert Termination.of(reason, answered=False).status is if_not


def test_every_reason_has_a_row_and_a_slug() -> None:
    """No reason is untested, and each is a kebab-case slug."""
    assert {reason for reason, *_ in VERDICTS} == set(EndReason)
    assert all(re.fullmatch(r"[a-z]+(-[a-z]+)*", reason.value) for reason in EndReason)


def test_a_room_names_its_call_and_nothing_else() -> None:
    """Room name and call id translate both ways; foreign rooms are nobody's call."""
    call_id = CallId("0b0e3c1e-9a57-4f3c-9a52-0d7e4a3c2b11")
    assert call_id_of_room(room_name(call_id)) == call_id
    for foreign in ("standup", "wa-", "wa-doctor", f"wa-doctor-{call_id}", f"xx-{call_id}", ""):
        assert call_id_of_room(foreign) is None


def test_a_repr_shows_nothing_personal() -> None:
    """Whoever prints a call sees neither number nor name nor Meta's id."""
    call = Call(
        id=CallId("0b0e3c1e-9a57-4f3c-9a52-0d7e4a3c2b11"),
        wacid=WhatsAppCallId("wacid.SECRET"),
        direction=Direction.INBOUND,
        status=CallStatus.RINGING,
        phone_number_id=PhoneNumberId("436666719526789"),
        party=Party(person=Person(user_id="US.134912", phone="15551234567"), name="Zoë"),
        created_at=datetime(2026, 1, 1, tzinfo=UTC),
    )

    shown = repr(call)

    assert not [word for word in ("SECRET", "134912", "15551234567", "Zoë") if word in shown]
    # and whoever looks into its room sees only our own id
    assert call.room == f"wa-{call.id}"
