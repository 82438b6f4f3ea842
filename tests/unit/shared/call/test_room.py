"""The wire between control plane and agent."""

import pytest

from shared.call.room import KEYS, KeyMessage


@pytest.mark.parametrize("key", KEYS)
def test_every_key_survives_the_journey(key: str) -> None:
    """What the control plane sends is what the agent reads."""
    assert KeyMessage.read(KeyMessage(key=key).to_bytes()) == KeyMessage(key=key)


def test_the_payload_is_the_one_that_others_rely_on() -> None:
    """An agent of somebody else's reads it too."""
    assert KeyMessage(key="5").to_bytes() == b'{"digit": "5"}'


@pytest.mark.parametrize(
    "data",
    [
        b"", b"\xff", b"[]", b"{}", b"5", b"[" * 100_000, b'{"digit": 5}', b'{"digit": "55"}',
        b'{"digit": "12"}', b'{"digit": ""}', b'{"digit": "x"}', b'{"digit": "a"}',
    ],
)  # fmt: skip
def test_what_is_no_key_is_none(data: bytes) -> None:
    """Junk, numbers, several keys at once, and letters that no phone has."""
    assert KeyMessage.read(data) is None
