"""Of which calls it is known that they are claimed."""

import pytest

from controlplane.use_cases.claims import Claims
from shared.call.ids import CallId, WhatsAppCallId
from shared.call.records import EventOutcome, Settled

WACID = WhatsAppCallId("wacid.INVENTED0001")
CALL = CallId("0b0e3c1e-9a57-4f3c-9a52-0d7e4a3c2b11")


@pytest.mark.parametrize("outcome", EventOutcome)
def test_only_a_connect_that_found_its_row_is_known(outcome: EventOutcome) -> None:
    """After a failure the next `connect` is worked on as if it were the first."""
    claims = Claims()
    claims.learn(WACID, Settled(outcome, CALL))
    found = outcome in (EventOutcome.HANDLED, EventOutcome.STALE, EventOutcome.DUPLICATE)
    assert claims.get(WACID) == (CALL if found else None)


def test_what_is_no_call_is_not_known() -> None:
    """Without our id there is nothing to know."""
    claims = Claims()
    claims.learn(WACID, Settled(EventOutcome.HANDLED))
    assert claims.get(WACID) is None


def test_the_oldest_is_forgotten_first() -> None:
    """The memory is bounded."""
    claims = Claims(most=2)
    wacids = [WhatsAppCallId(f"wacid.INVENTED{number}") for number in range(3)]
    for wacid in wacids:
        claims.learn(wacid, Settled(EventOutcome.HANDLED, CALL))
    assert [claims.get(wacid) for wacid in wacids] == [None, CALL, CALL]


def test_an_erased_call_is_forgotten() -> None:
    """And events that are no call's are none to forget."""
    claims = Claims()
    claims.learn(WACID, Settled(EventOutcome.HANDLED, CALL))
    claims.forget([None, WACID, WACID])
    assert claims.get(WACID) is None
