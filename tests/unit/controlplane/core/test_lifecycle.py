"""The table of a call's life: every pair, and its invariants."""

import pytest

from controlplane.core.lifecycle import TRANSITIONS, CallEvent, step
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
    assert TRANSITIONS[status].get(event) is LEGAL.get((status, event))


def test_every_status_has_a_row() -> None:
    """No status is forgotten in the table."""
    assert set(TRANSITIONS) == set(CallStatus)


@pytest.mark.parametrize("status", sorted(FINAL_STATUSES))
def test_a_final_status_is_a_sink(status: CallStatus) -> None:
    """Nothing leads out of an ended call."""
    assert not TRANSITIONS[status]


def test_no_event_but_the_end_leads_to_a_final_status() -> None:
    """How a call ends is decided elsewhere, once."""
    assert {to for moves in TRANSITIONS.values() for to in moves.values()} <= LIVE_STATUSES


@pytest.mark.parametrize("event", CallEvent)
def test_a_step_expects_exactly_where_its_event_is_legal(event: CallEvent) -> None:
    """The compare half of a compare-and-set fits the table."""
    assert step(event).expect == {status for status, legal in LEGAL if legal is event}


@pytest.mark.parametrize("event", CallEvent)
def test_a_step_leads_to_one_status(event: CallEvent) -> None:
    """The set half of a compare-and-set does not depend on where the call stood."""
    assert {LEGAL[status, event] for status in step(event).expect} == {step(event).status}
