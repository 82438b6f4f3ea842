"""Whether a call stands whose row calls it unanswered."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from controlplane.core.answered import MEDIA_DECIDES, is_answered, is_forgotten
from shared.call.call import Call, CallStatus, Direction, EndReason
from shared.call.ids import CallId, PhoneNumberId
from shared.call.person import Party

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
LEFT = Call(
    id=CallId("7c9e6679-7425-40de-944b-e07fc1f90ae7"),
    wacid=None,
    direction=Direction.INBOUND,
    status=CallStatus.CONNECTING,
    phone_number_id=PhoneNumberId("1"),
    party=Party(),
    created_at=NOW,
    accept_sent_at=NOW,
)


@pytest.mark.parametrize(
    ("call", "media_flows", "answered"),
    [
        (LEFT, True, True),
        (LEFT, False, False),
        (replace(LEFT, accept_sent_at=None), True, False),
        (replace(LEFT, status=CallStatus.FAILED), True, False),
        # the media path of a placed call stands while its phone rings
        (replace(LEFT, direction=Direction.OUTBOUND, status=CallStatus.RINGING), True, False),
    ],
    ids=["answered", "no-media", "accept-not-sent", "over", "rings-there"],
)
def test_accept_and_media_make_an_answered_call(
    call: Call, media_flows: bool, answered: bool
) -> None:
    assert is_answered(call, media_flows=media_flows) is answered


@pytest.mark.parametrize(
    ("call", "forgotten"),
    [
        (LEFT, True),
        (replace(LEFT, setup_owner="a", setup_until=NOW + timedelta(seconds=1)), False),
        (replace(LEFT, setup_owner="a", setup_until=NOW - timedelta(seconds=1)), True),
        (replace(LEFT, accept_sent_at=None), False),
        (replace(LEFT, status=CallStatus.ACTIVE), False),
    ],
    ids=["nobody-works-on-it", "held", "lapsed", "accept-not-sent", "known"],
)
def test_a_call_is_forgotten_behind_accept_when_nobody_holds_it(
    call: Call, forgotten: bool
) -> None:
    """Media may stand before `accept` has been answered: until then its owner knows better."""
    assert is_forgotten(call, NOW) is forgotten


def test_ends_for_want_of_media_are_looked_at() -> None:
    """No other reason says that nothing came."""
    assert {EndReason.SETUP_TIMEOUT, EndReason.MEDIA_TIMEOUT} == MEDIA_DECIDES
