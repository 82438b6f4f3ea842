"""What is to be done about a recording once nobody records any more, and who may hear it."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from controlplane.core.errors import NoRecording
from controlplane.core.recordings import (
    HEARD,
    heard_file,
    heard_note,
    is_left_over,
    one_part,
    verdict,
    why_unheard,
)
from shared.call.call import Call, CallStatus, Direction
from shared.call.ids import CallId, PhoneNumberId
from shared.call.person import Party
from shared.call.recording import RecordedFile, Recording, RecordingStatus, place_at

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


CALLERS, AGENTS = RecordedFile(name="peer.opus", bytes=10), RecordedFile(name="room.opus", bytes=9)
WHOLE = Recording(
    id=Recording.id_of(CALL),
    call_id=CALL,
    status=RecordingStatus.KEPT,
    place=place_at("http://127.0.0.1:7890"),
    files=(CALLERS, AGENTS),
    began_at=NOW,
    keep_until=NOW + timedelta(days=1),
)


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({}, None),
        ({"keep_until": None}, None),
        ({"files": (AGENTS,)}, None),
        ({"files": ()}, "has no sound"),
        ({"status": RecordingStatus.RECORDING}, "still being recorded"),
        ({"status": RecordingStatus.DECLINED}, "refused"),
        # why it is deleted is the more telling
        ({"status": RecordingStatus.DECLINED, "deleted_at": NOW}, "refused"),
        ({"status": RecordingStatus.LOST}, "lost"),
        ({"deleted_at": NOW}, "is deleted"),
        # whoever has to delete it may be late
        ({"keep_until": NOW}, "days of the recording are over"),
    ],
)
def test_a_recording_that_cannot_be_heard_says_why(
    changes: dict[str, Any], why: str | None
) -> None:
    """In a sentence; what may be heard has none."""
    recording = replace(WHOLE, **changes)
    said = why_unheard(recording, NOW)
    if why is None:
        assert said is None
        assert heard_file(recording, "agent", NOW) == AGENTS
        return
    assert said is not None
    assert why in said
    with pytest.raises(NoRecording, match=why):
        heard_file(recording, "agent", NOW)


def test_a_call_without_a_recording_says_so() -> None:
    """And so do a side that was not recorded, and one that there is not."""
    for recording, side, why in (
        (None, "agent", "was not recorded"),
        (replace(WHOLE, files=(AGENTS,)), "caller", "This side"),
        (WHOLE, "room.opus", "two sides"),
    ):
        with pytest.raises(NoRecording, match=why):
            heard_file(recording, side, NOW)


@pytest.mark.parametrize(
    ("asked", "part"),
    [
        (None, None),
        ("", None),
        ("bytes=0-", "bytes=0-"),
        ("bytes=5-9", "bytes=5-9"),
        ("bytes=-500", "bytes=-500"),
        ("bytes = 5 - 9", "bytes=5-9"),
        # several parts would come in another format than the one that we say
        ("bytes=0-1,4-5", None),
        ("bytes=-", None),
        ("bytes=a-b", None),
        ("lines=1-2", None),
        ("bytes=0-\r\nX: y", None),
        ("bytes=" + "9" * 400 + "-", None),
        ("bytes=٣-", None),
    ],
)
def test_one_part_is_passed_on_and_everything_else_means_the_whole(
    asked: str | None, part: str | None
) -> None:
    """A server may ignore `Range` (RFC 9110, section 14.2)."""
    assert one_part(asked) == part


def test_hearing_is_one_entry_however_many_pieces_a_player_asks_for() -> None:
    """Each side, and each ten minutes, have their own."""
    first = heard_note(CALL, "agent", NOW)
    assert (first.kind, first.call_id, dict(first.payload)) == (HEARD, CALL, {"side": "agent"})
    again = heard_note(CALL, "agent", NOW + timedelta(minutes=9))
    assert again.id == first.id
    later = heard_note(CALL, "agent", NOW + timedelta(minutes=10))
    assert len({first.id, later.id, heard_note(CALL, "caller", NOW).id}) == 3
