"""How calls end, and what the room shows of them."""

import pytest

from controlplane.use_cases.ending import status_shown
from shared.call.call import CallStatus
from shared.call.room import ShownStatus

SHOWN = {
    CallStatus.DIALING: ShownStatus.DIALING,
    CallStatus.RINGING: ShownStatus.RINGING,
    CallStatus.CONNECTING: ShownStatus.RINGING,
    CallStatus.ACTIVE: ShownStatus.ACTIVE,
}


@pytest.mark.parametrize("status", CallStatus)
def test_every_status_is_shown_in_one_of_four_words(status: CallStatus) -> None:
    """Whatever its end, a call that is over shows `hangup`."""
    assert status_shown(status) is SHOWN.get(status, ShownStatus.HANGUP)
    assert status.is_final == (status not in SHOWN)
