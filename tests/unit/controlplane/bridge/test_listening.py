"""What a media bridge tells of a caller's leg, in the words of the seam."""

from datetime import UTC, datetime

import pytest

from controlplane.bridge.listening import read_key
from shared.bridge.events import Happening, LegEvent
from shared.bridge.legs import leg_id
from shared.call.ids import CallId

CALL = CallId("b76b0836-8451-4600-8da4-a85cb93789e6")
NOW = datetime(2026, 11, 27, 4, tzinfo=UTC)


def digit(key: object, seq: int = 7) -> LegEvent:
    return LegEvent(
        seq=seq,
        at=NOW,
        leg=leg_id(CALL, "caller"),
        happening=Happening.DIGIT,
        data={"key": key, "duration_ms": 160},
    )


def test_a_press_has_one_name_wherever_it_is_told() -> None:
    """Another press, and the same number of a bridge that was started anew, have others."""
    key = read_key(digit("#"), CALL, "first")
    assert key is not None
    assert (key.call_id, key.key, key.duration_ms, key.at) == (CALL, "#", 160, NOW)
    again = read_key(digit("#"), CALL, "first")
    others = [read_key(digit("#", seq=8), CALL, "first"), read_key(digit("#"), CALL, "second")]
    assert key == again
    assert key.id not in {other.id for other in others if other is not None}


@pytest.mark.parametrize("key", ["", "12", "E", None, 5])
def test_what_is_no_telephones_key_is_dropped(key: object) -> None:
    """A newer bridge may tell of others."""
    assert read_key(digit(key), CALL, "first") is None
