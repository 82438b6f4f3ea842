"""What became of calls at the same instant: its targets, its rows, its sentence."""

import pytest

from wacall.bench.burst_level import BurstLevel, burst_rows
from wacall.bench.figures import Findings

GOOD = BurstLevel(
    calls=12, to_accept=[900.0, 700.0, 800.0], to_reject=[520.0] * 8 + [999.0], heard=3
)


def row(name: str, *levels: BurstLevel) -> list[str]:
    (found,) = [row for row in burst_rows(levels) if row[0].strip() == name]
    return found[1:]


def test_every_figure_has_its_row() -> None:
    """How many were answered and refused, within what times, and what must not be."""
    assert row("calls at the same instant", GOOD) == ["12", "target"]
    assert row("answered", GOOD) == ["3", ""]
    assert row("to accept, ms: p50", GOOD) == ["800", ""]
    assert row("to accept, ms: max", GOOD) == ["900", ""]
    assert row("refused", GOOD) == ["9", ""]
    assert row("to reject, ms: p50", GOOD) == ["520", ""]
    assert row("to reject, ms: max", GOOD) == ["999", "< 1000: met"]
    assert row("cut after accept", GOOD) == ["0", "must be 0: met"]


def test_one_late_refusal_misses_the_target() -> None:
    """The last one counts, of whichever burst."""
    late = BurstLevel(calls=2, to_reject=[10.0, 1000.0])
    assert row("to reject, ms: max", GOOD, late) == ["999", "1000", "< 1000: MISSED"]


def test_a_burst_of_which_all_were_answered_has_no_refusals() -> None:
    """What was not measured stands empty, and misses nothing."""
    every = BurstLevel(calls=2, to_accept=[500.0, 600.0], heard=2)
    assert row("to reject, ms: max", every) == ["", "< 1000: met"]


@pytest.mark.parametrize(
    ("bad", "name"),
    [
        (BurstLevel(calls=2, to_accept=[500.0, 600.0], cut=1), "cut after accept"),
        (BurstLevel(calls=2, given_up=1), "admitted and given up"),
        (BurstLevel(calls=2, undecided=1), "neither answered nor refused"),
    ],
)
def test_whoever_is_let_down_makes_the_run_fail(bad: BurstLevel, name: str) -> None:
    """Nobody who was answered is cut, nobody who was admitted is given up, nobody rings on."""
    assert row(name, bad)[-1] == "must be 0: MISSED"
    (problem,) = Findings(bursts=[bad]).problems
    assert "2 calls at the same instant" in problem
    assert Findings(bursts=[GOOD]).problems == []


def test_all_values_are_kept() -> None:
    """The JSON holds every time, and what the target says of them."""
    written = GOOD.to_json()
    assert written["to_accept"] == [700.0, 800.0, 900.0]
    assert (written["answered"], written["refused"], written["refused_in_time"]) == (3, 9, True)
