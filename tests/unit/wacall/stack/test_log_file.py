"""A process's log is bounded, while the process runs."""

import os
from pathlib import Path

import pytest

from wacall.stack.log_file import older, turn_over


def test_a_full_log_becomes_the_older_one_while_it_is_written_to(tmp_path: Path) -> None:
    """Whoever appends goes on at the new end; both files are their owner's alone."""
    log = tmp_path / "part.log"
    with log.open("ab", buffering=0) as writer:
        for generation in (b"one", b"two"):
            writer.write(generation * 10)
            assert not turn_over(log, longest=30)
            writer.write(generation)
            assert turn_over(log, longest=30)
            assert log.read_bytes() == b""
            assert older(log).read_bytes() == generation * 11
        writer.write(b"three")
    assert log.read_bytes() == b"three"
    assert os.stat(older(log)).st_mode & 0o077 == 0
    assert sorted(one.name for one in tmp_path.iterdir()) == ["part.log", "part.log.1"]


@pytest.mark.parametrize("stands", ["missing", "unwritable"])
def test_what_cannot_be_turned_over_stays(tmp_path: Path, stands: str) -> None:
    """That ends nobody."""
    log = tmp_path / "part.log"
    if stands == "unwritable":
        log.write_bytes(b"x" * 40)
        older(log).mkdir()
    assert not turn_over(log, longest=30)
    assert log.exists() is (stands == "unwritable")
