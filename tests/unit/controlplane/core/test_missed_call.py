"""Who is written to after a call that nobody answered."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from controlplane.core.missed_call import (
    MissedCall,
    Skipped,
    decide,
    each_person_once,
    message_id_of,
)
from shared.call.call import EndReason
from shared.call.ids import CallId, PhoneNumberId
from shared.call.person import Person

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
MISSED = MissedCall(
    call_id=CallId("7c9e6679-7425-40de-944b-e07fc1f90ae7"),
    phone_number_id=PhoneNumberId("1"),
    person=Person(phone="15551234567"),
    end_reason=EndReason.BUSY.value,
)
ANOTHER = CallId("22222222-2222-2222-2222-222222222222")


@pytest.mark.parametrize(
    ("call", "text", "why"),
    [
        (MISSED, "Sorry", None),
        (MISSED, "", Skipped.SWITCHED_OFF),
        (replace(MISSED, person=None), "Sorry", Skipped.NOBODY),
        (replace(MISSED, was_answered=True), "Sorry", Skipped.ANSWERED),
        (replace(MISSED, is_forbidden=True), "Sorry", Skipped.FORBIDDEN),
        (replace(MISSED, has_talked=True), "Sorry", Skipped.TALKED_SINCE),
        (replace(MISSED, called_again=True), "Sorry", Skipped.CALLED_AGAIN),
        (replace(MISSED, was_texted=True), "Sorry", Skipped.TEXTED_ALREADY),
    ],
)
def test_one_reason_is_enough_to_write_to_nobody(
    call: MissedCall, text: str, why: Skipped | None
) -> None:
    """Each row is a rule."""
    assert decide(call, text=text) is why


@pytest.mark.parametrize("reason", EndReason)
def test_who_was_refused_for_calling_too_often_is_owed_nothing(reason: EndReason) -> None:
    """Nor whose call an operator hung up; everybody else has called in vain."""
    none = {EndReason.CALLER_LIMIT, EndReason.OPERATOR_HANGUP}
    why = decide(replace(MISSED, end_reason=reason.value), text="Sorry")
    assert why is (Skipped.NOT_OWED if reason in none else None)


def test_a_person_is_written_to_once_an_hour() -> None:
    """Two calls of theirs at two replicas make one row; another hour, line or person another."""
    first = message_id_of(MISSED, NOW)
    assert message_id_of(replace(MISSED, call_id=ANOTHER), NOW + timedelta(minutes=59)) == first
    others = {
        message_id_of(MISSED, NOW + timedelta(hours=1)),
        message_id_of(replace(MISSED, phone_number_id=PhoneNumberId("2")), NOW),
        message_id_of(replace(MISSED, person=Person(phone="15551234568")), NOW),
        message_id_of(replace(MISSED, person=None), NOW),
    }
    assert len(others - {first}) == 4


def test_of_several_calls_of_one_person_one_is_chosen() -> None:
    """Whose name is unknown is somebody for each call."""
    again = replace(MISSED, call_id=ANOTHER)
    unknown = replace(MISSED, person=None)
    assert each_person_once([MISSED, again]) == [MISSED]
    assert each_person_once([unknown, replace(unknown, call_id=ANOTHER)]) == [
        unknown,
        replace(unknown, call_id=ANOTHER),
    ]
