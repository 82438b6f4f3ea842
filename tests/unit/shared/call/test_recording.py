"""A recording of a call, as pure data."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime

import pytest

from shared.call.ids import CallId
from shared.call.recording import (
    RecordedFile,
    Recording,
    RecordingStatus,
    Sound,
    place_at,
    place_in,
)

CALL = CallId("0b0e3c1e-9a57-4f3c-9a52-0d7e4a3c2b11")


@pytest.mark.parametrize(
    ("place", "bridge", "bucket"),
    [
        (place_at("http://10.0.0.7:7890"), "http://10.0.0.7:7890", None),
        (place_at("unix:/run/bridge"), "unix:/run/bridge", None),
        (place_in("recordings"), None, "recordings"),
    ],
)
def test_a_place_says_who_has_the_files(place: str, bridge: str | None, bucket: str | None) -> None:
    """A media bridge, or a bucket."""
    recording = Recording(
        id=Recording.id_of(CALL),
        call_id=CALL,
        status=RecordingStatus.KEPT,
        place=place,
        began_at=datetime.now(UTC),
    )
    assert (recording.bridge, recording.bucket) == (bridge, bucket)


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


async def _nothing() -> AsyncIterator[bytes]:
    return
    yield b""


@pytest.mark.parametrize(
    ("headers", "length", "content_range"),
    [
        ({"Content-Length": "10"}, 10, None),
        ({"Content-Length": "5", "Content-Range": "bytes 0-4/10"}, 5, "bytes 0-4/10"),
        ({}, None, None),
        ({"Content-Length": "ten"}, None, None),
    ],
)
def test_sound_comes_as_its_answer_says(
    headers: dict[str, str], length: int | None, content_range: str | None
) -> None:
    """Whoever passes it on says the same."""
    sound = Sound.of(206, headers, _nothing())
    assert (sound.status, sound.length, sound.content_range) == (206, length, content_range)
