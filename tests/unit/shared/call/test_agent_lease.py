"""Which worker has a call, and how often it is handed on."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from shared.call.agent_lease import MAX_TAKES, HeldCall, TakenCall
from shared.call.ids import CallId

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
HELD = HeldCall(call_id=CallId("7c9e6679-7425-40de-944b-e07fc1f90ae7"), worker="a", until=NOW)


@pytest.mark.parametrize(
    ("changed", "same"),
    [
        (replace(HELD, takes=1), True),
        (replace(HELD, worker="b"), False),
        (replace(HELD, until=NOW + timedelta(seconds=1)), False),
        (replace(HELD, until=None), False),
    ],
    ids=["taken-before", "another-worker", "it-lives", "it-has-left"],
)
def test_worker_and_time_say_whether_somebody_has_the_call(changed: HeldCall, same: bool) -> None:
    """What else the rows say is no sign of life."""
    assert (changed.stamp == HELD.stamp) is same


@pytest.mark.parametrize(("takes", "may"), [(0, True), (MAX_TAKES - 1, True), (MAX_TAKES, False)])
def test_a_call_is_handed_on_so_often(takes: int, may: bool) -> None:
    """One that kills its workers is let end."""
    assert replace(HELD, takes=takes).may_be_taken is may


def test_what_a_worker_kept_is_not_shown() -> None:
    """A repr may come into a log."""
    taken = TakenCall(call_id=HELD.call_id, takes=1, state={"phase": "talking"})
    assert "talking" not in repr(taken)
