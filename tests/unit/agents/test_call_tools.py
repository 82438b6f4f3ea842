"""The tools of one call, wired."""

from pathlib import Path

import pytest

from agents.call_tools import read_variable


def test_a_secret_is_read_where_it_is_set(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The environment wins over `.env`, as everywhere; what is empty is not set."""
    monkeypatch.chdir(tmp_path)
    assert read_variable("SHOP_KEY") is None
    (tmp_path / ".env").write_text("SHOP_KEY=from the file\nOTHER_KEY= \n")
    assert read_variable("SHOP_KEY") == "from the file"
    assert read_variable("OTHER_KEY") is None
    monkeypatch.setenv("SHOP_KEY", "from the environment")
    assert read_variable("SHOP_KEY") == "from the environment"


def test_an_env_file_that_cannot_be_read_sets_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whoever edits it while calls go on breaks none of them."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / ".env").write_bytes(b"SHOP_KEY=\xff\n")
    assert read_variable("SHOP_KEY") is None
