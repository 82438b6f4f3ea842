"""The embedded SFU's keys and program: what is taken, made, or refused."""

from pathlib import Path

import pytest

from wacall import environment
from wacall.stack.processes import ChildFailed
from wacall.stack.sfu import find_server, load_keys

SECRET = "a secret of at least thirty-two characters"


def test_a_missing_server_says_what_to_do(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Neither on PATH nor fetched by the set-up: a sentence, and nothing is skipped."""
    monkeypatch.setattr(environment, "TOOLS", tmp_path)
    with pytest.raises(ChildFailed, match="make setup"):
        find_server({"PATH": str(tmp_path)})


def test_keys_of_the_environment_win(tmp_path: Path) -> None:
    """Keys that the operator gave are used and not written anywhere."""
    given = {"LIVEKIT_API_KEY": "key", "LIVEKIT_API_SECRET": SECRET}
    keys = load_keys(given, tmp_path / "keys.json")
    assert (keys.key, keys.secret) == ("key", SECRET)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("given", "named"),
    [
        ({"LIVEKIT_API_KEY": "key"}, "LIVEKIT_API_SECRET is not set"),
        ({"LIVEKIT_API_SECRET": SECRET}, "LIVEKIT_API_KEY is not set"),
    ],
)
def test_half_a_pair_is_refused(given: dict[str, str], named: str, tmp_path: Path) -> None:
    """A key without its secret, or the other way round, is refused by name."""
    with pytest.raises(ValueError, match=named):
        load_keys(given, tmp_path / "keys.json")


def test_generated_keys_are_long_enough(tmp_path: Path) -> None:
    """The server logs an error about secrets of fewer than 32 characters."""
    assert len(load_keys({}, tmp_path / "keys.json").secret) >= 32
