"""What is said of a part that does not start."""

import pytest

from wacall.stack.processes import busy


@pytest.mark.parametrize(
    ("load", "processors", "is_told"),
    [(0.1, 2, False), (4.0, 2, False), (4.1, 2, True), (13.0, 2, True), (13.0, 8, False)],
)
def test_a_busy_machine_is_told_of(load: float, processors: int, is_told: bool) -> None:
    """It may be all that is wrong, and nothing in the part's log says so."""
    assert bool(busy(load, processors)) is is_told


def test_the_sentence_has_the_figures() -> None:
    """And what to do."""
    assert busy(12.7, 2) == (
        " The machine is busy (load average 13 on 2 processors): try again when less runs on it."
    )
