"""What whoever asked is told about a denial."""

from datetime import UTC, datetime

import pytest

from shared.call.denial import SENTENCES, Denied, Reason
from shared.call.errors import CallDenied

LATER = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)


@pytest.mark.parametrize("reason", Reason)
def test_every_reason_is_a_code_and_a_sentence(reason: Reason) -> None:
    """The error says what the verdict says: conflict, why, and when to try again."""
    error = CallDenied(Denied(reason=reason, retry_at=LATER))
    assert (error.status, error.code, error.retry_at) == (409, reason.value, LATER)
    assert str(error) == SENTENCES[reason]


def test_a_denial_may_be_said_in_other_words() -> None:
    """Whoever wants to erase a person is not told that a call cannot be placed."""
    error = CallDenied(Denied(reason=Reason.LIVE_CALL), "Hang it up before erasing.")
    assert (error.code, str(error)) == ("live-call", "Hang it up before erasing.")
