"""What a set-up's row says of who holds it, and how often it is handed on."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from controlplane.core.lease import HOLD, MAX_TAKES, is_held, may_go_on, stamp
from shared.call.call import Call, CallStatus, Direction
from shared.call.ids import CallId, PhoneNumberId
from shared.call.person import Party

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
CALL = Call(
    id=CallId("7c9e6679-7425-40de-944b-e07fc1f90ae7"),
    wacid=None,
    direction=Direction.INBOUND,
    status=CallStatus.RINGING,
    phone_number_id=PhoneNumberId("1"),
    party=Party(),
    created_at=NOW,
    setup_owner="a",
    setup_until=NOW,
)


@pytest.mark.parametrize(
    ("changed", "same"),
    [
        (replace(CALL, setup_takes=2), True),
        (replace(CALL, setup_owner="b"), False),
        (replace(CALL, setup_until=NOW + HOLD), False),
    ],
    ids=["something-else", "another-owner", "renewed"],
)
def test_owner_and_time_say_whether_somebody_works(changed: Call, same: bool) -> None:
    """The rest of the row may change without anybody."""
    assert (stamp(changed) == stamp(CALL)) is same


@pytest.mark.parametrize(
    ("takes", "goes_on"), [(1, True), (MAX_TAKES, True), (MAX_TAKES + 1, False)]
)
def test_a_set_up_is_handed_on_so_often(takes: int, goes_on: bool) -> None:
    assert may_go_on(replace(CALL, setup_takes=takes)) is goes_on


@pytest.mark.parametrize(
    ("call", "held"),
    [
        (replace(CALL, setup_until=NOW + HOLD), True),
        (CALL, False),
        (replace(CALL, setup_until=None), False),
        (replace(CALL, setup_owner=None, setup_until=NOW + HOLD), False),
    ],
    ids=["held", "lapsed", "without-a-time", "released"],
)
def test_the_row_says_whether_somebody_holds_it(call: Call, held: bool) -> None:
    assert is_held(call, NOW) is held
