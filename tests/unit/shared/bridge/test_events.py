"""The lines in which a media bridge tells what happens."""

import json
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.bridge.events import Happening, LegEvent

LINE = {
    "seq": 7,
    "at": "2026-11-27T02:41:11.123456789Z",
    "leg": "wa-1.caller",
    "type": "digit",
    "data": {"key": "5", "duration_ms": 120},
}


def test_a_line_is_read() -> None:
    """With its time, to the microsecond."""
    event = LegEvent.read(json.dumps(LINE).encode())
    assert event is not None
    assert (event.seq, event.leg, event.happening) == (7, "wa-1.caller", Happening.DIGIT)
    assert event.at == datetime(2026, 11, 27, 2, 41, 11, 123456, tzinfo=UTC)
    assert (event.text("key"), event.duration_ms, event.generation) == ("5", 120, 0)


def test_the_end_of_speech_says_how_long_ago_it_was() -> None:
    """A pause is known for one only when it has lasted."""
    line = {**LINE, "type": "talk-ended", "data": {"stream": "room", "ago_ms": 620}}
    event = LegEvent.read(json.dumps(line).encode())
    assert event is not None
    assert (event.happening, event.ago_ms) == (Happening.TALK_ENDED, 620)


@pytest.mark.parametrize("line", [b"\n", b"", b'{"seq": 1, "type": "of-tomorrow"}'])
def test_signs_of_life_and_unknown_kinds_are_nothing(line: bytes) -> None:
    """A newer bridge may tell more than we know."""
    assert LegEvent.read(line) is None


@pytest.mark.parametrize(
    "line", [b"<html>", b"[]", b"7", b'{"type": "ready"}', b'{"type": "ready", "seq": "x"}']
)
def test_what_is_no_bridges_is_refused(line: bytes) -> None:
    """Something else listens at the address."""
    with pytest.raises(ValueError):
        LegEvent.read(line)


@given(
    st.dictionaries(st.sampled_from(["generation", "duration_ms", "key"]), st.text() | st.none())
)
def test_odd_data_reads_as_nothing(data: dict[str, object]) -> None:
    """Fields of other types are no reason to fail."""
    event = LegEvent.read(json.dumps({**LINE, "data": data}).encode())
    assert event is not None
    assert (event.generation, event.duration_ms, event.ago_ms) == (0, 0, 0)
    assert event.text("key") == (data.get("key") or "")
