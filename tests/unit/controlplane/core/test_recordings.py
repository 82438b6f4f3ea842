"""What is to be done about a recording once nobody records any more."""

from datetime import UTC, datetime, timedelta

import pytest

from controlplane.core.recordings import is_left_over, verdict
from shared.call.call import Call, CallStatus, Direction
from shared.call.ids import CallId, PhoneNumberId
from shared.call.person import Party
from shared.call.recording import Recording, RecordingStatus, place_at

NOW = datetime(2026, 11, 27, 12, tzinfo=UTC)
CALL = CallId("0b0e3c1e-9a57-4f3c-9a52-0d7e4a3c2b11")


def call(ended_s_ago: float | None) -> Call:
    return Call(
        id=CALL,
        wacid=None,
        direction=Direction.INBOUND,
        status=CallStatus.ACTIVE if ended_s_ago is None else CallStatus.COMPLETED,
        phone_number_id=PhoneNumberId("1"),
        party=Party(),
        created_at=NOW,
        ended_at=None if ended_s_ago is None else NOW - timedelta(seconds=ended_s_ago),
    )


@pytest.mark.parametrize(
    ("of", "is_over"),
    [(None, True), (call(None), False), (call(5), False), (call(61), True)],
)
def test_a_recording_is_its_workers_until_its_call_is_over(of: Call | None, is_over: bool) -> None:
    """And a minute longer: it writes it down itself."""
    assert is_left_over(of, NOW) is is_over


@pytest.mark.parametrize(
    ("sizes", "days", "status"),
    [
        ({"peer.opus": 10}, 0, RecordingStatus.KEPT),
        ({}, 0, RecordingStatus.LOST),
        (None, 1, None),
        (None, 3, RecordingStatus.LOST),
    ],
)
def test_what_was_left_over_is_kept_if_it_is_there(
    sizes: dict[str, int] | None, days: int, status: RecordingStatus | None
) -> None:
    """A bridge that is away may come back."""
    recording = Recording(
        id=Recording.id_of(CALL),
        call_id=CALL,
        status=RecordingStatus.RECORDING,
        place=place_at("http://127.0.0.1:7890"),
        began_at=NOW - timedelta(days=days),
    )
    assert verdict(recording, sizes, NOW) is status
