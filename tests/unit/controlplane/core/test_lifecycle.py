"""The table of a call's life: every pair, and its invariants."""

import pytest

from controlplane.core.lifecycle import TRANSITIONS, CallEvent, after, expected_before, may_end
from shared.call.call import FINAL_STATUSES, LIVE_STATUSES, CallStatus

LEGAL = {
    (CallStatus.DIALING, CallEvent.RINGS): CallStatus.RINGING,
    (CallStatus.DIALING, CallEvent.ACCEPTED): CallStatus.ACTIVE,
    (CallStatus.RINGING, CallEvent.ANSWERING): CallStatus.CONNECTING,
    (CallStatus.RINGING, CallEvent.ACCEPTED): CallStatus.ACTIVE,
    (CallStatus.CONNECTING, CallEvent.ACCEPTED): CallStatus.ACTIVE,
}


@pytest.mark.parametrize("status", CallStatus)
@pytest.mark.parametrize("event", CallEvent)
def test_every_pair_moves_as_listed_or_not_at_all(status: CallStatus, event: CallEvent) -> None:
    """A pair outside the list is ignored; one inside moves where the list says."""
    assert after(status, event) is LEGAL.get((status, event))


def test_every_status_has_a_row() -> None:
    """No status is forgotten in the table."""
    assert set(TRANSITIONS) == set(CallStatus)


@pytest.mark.parametrize("status", sorted(FINAL_STATUSES))
def test_a_final_status_is_a_sink(status: CallStatus) -> None:
    """Nothing leads out of an ended call, and it cannot end again."""
    assert not TRANSITIONS[status]
    assert not may_end(status)


@pytest.mark.parametrize("status", sorted(LIVE_STATUSES))
def test_every_live_status_can_end(status: CallStatus) -> None:
    """A call can end from wherever it is."""
    assert may_end(status)


@pytest.mark.parametrize("event", CallEvent)
def test_the_compare_half_fits_the_table(event: CallEvent) -> None:
    """What a compare-and-set expects is exactly where the event is legal."""
    assert expected_before(event) == {status for status in CallStatus if after(status, event)}


@pytest.mark.parametrize("event", CallEvent)
def test_an_event_leads_to_one_status(event: CallEvent) -> None:
    """The set half of a compare-and-set does not depend on where the call stood."""
    assert len({after(status, event) for status in expected_before(event)}) == 1
