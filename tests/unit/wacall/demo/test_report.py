"""The report at the end of the demo: readable in a narrow terminal, honest about failures."""

import dataclasses
import io

import pytest

from tests.unit.wacall.demo.flawless import PLAY, good_evidence
from wacall.demo.checks import judge
from wacall.demo.narration import Screen
from wacall.demo.report import setup_steps, show_report


@pytest.mark.parametrize("width", [60, 80, 100])
def test_the_report_fits_the_width(width: int) -> None:
    """No line is longer than the terminal."""
    out = io.StringIO()
    evidence = good_evidence()
    show_report(Screen(out, width=width), evidence, judge(evidence, PLAY))
    assert [line for line in out.getvalue().splitlines() if len(line) > width] == []
    for part in ("Martin", "Rent two bikes", "caller hung up", "call.wav", "[interrupted]"):
        assert part in out.getvalue()


def test_a_failed_check_stands_out() -> None:
    """It says FAILED, what was expected and what was seen."""
    out = io.StringIO()
    checks = judge(good_evidence(), PLAY)
    show_report(Screen(out), good_evidence(), [dataclasses.replace(checks[0], holds=False)])
    assert "FAILED" in out.getvalue()
    assert "seen: right token" in " ".join(out.getvalue().split())


def test_the_set_up_is_in_order() -> None:
    """Both sides' times make one list, earliest first."""
    times = [at for at, _ in setup_steps(good_evidence())]
    assert times == sorted(times)
    assert len(times) == 3
