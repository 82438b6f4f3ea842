"""Whose word counts about a call."""

from datetime import UTC, datetime

import pytest

from controlplane.meta.events import PeerHungUp
from controlplane.meta.words import HangupStatus
from controlplane.use_cases.linking import may_tell_of
from shared.call.call import Call, CallStatus, Direction
from shared.call.ids import CallId, PhoneNumberId, WhatsAppCallId
from shared.call.person import Party

CALL = Call(
    id=CallId("6f9c0a5e-0000-4000-8000-000000000001"),
    wacid=WhatsAppCallId("wacid.TEST"),
    direction=Direction.INBOUND,
    status=CallStatus.ACTIVE,
    phone_number_id=PhoneNumberId("11"),
    party=Party(),
    created_at=datetime(2026, 1, 1, tzinfo=UTC),
)


@pytest.mark.parametrize(("number", "may"), [("11", True), (None, True), ("22", False)])
def test_another_lines_app_does_not_end_a_call(number: str | None, may: bool) -> None:
    """Its webhook is signed as it should be, and names a call that is not its own."""
    event = PeerHungUp(
        phone_number_id=PhoneNumberId(number) if number else None,
        wacid=WhatsAppCallId("wacid.TEST"),
        timestamp=None,
        party=Party(),
        raw={},
        status=HangupStatus.COMPLETED,
        direction=None,
        started_at=None,
        ended_at=None,
        duration_s=None,
        errors=(),
    )
    assert may_tell_of(event, CALL) is may
