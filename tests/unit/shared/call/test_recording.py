"""A recording of a call, as pure data."""

from datetime import UTC, datetime

import pytest

from shared.call.ids import CallId
from shared.call.recording import RecordedFile, Recording, RecordingStatus, place_at, place_in

CALL = CallId("0b0e3c1e-9a57-4f3c-9a52-0d7e4a3c2b11")


@pytest.mark.parametrize(
    ("place", "bridge"),
    [
        (place_at("http://10.0.0.7:7890"), "http://10.0.0.7:7890"),
        (place_at("unix:/run/bridge"), "unix:/run/bridge"),
        (place_in("recordings"), None),
    ],
)
def test_a_place_says_who_has_the_files(place: str, bridge: str | None) -> None:
    """A media bridge, or a bucket."""
    recording = Recording(
        id=Recording.id_of(CALL),
        call_id=CALL,
        status=RecordingStatus.KEPT,
        place=place,
        began_at=datetime.now(UTC),
    )
    assert recording.bridge == bridge


def test_a_recording_is_named_by_its_call_and_does_not_tell_it() -> None:
    """The name of a file says nothing of whose call it was."""
    assert Recording.id_of(CALL) == Recording.id_of(CALL)
    assert Recording.id_of(CALL) != CALL


@pytest.mark.parametrize(
    ("name", "side"), [("room.opus", "agent"), ("peer.opus", "caller"), ("else.opus", "")]
)
def test_a_file_is_of_one_side(name: str, side: str) -> None:
    """Of a leg, what goes to the room is the agent's voice."""
    assert RecordedFile(name=name, bytes=1).side == side
