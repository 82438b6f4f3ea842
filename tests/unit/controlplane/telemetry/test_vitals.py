"""What is measured all the time, by a clock of the test's own."""

from pathlib import Path

import pytest

from controlplane.core.admission import Vitals
from controlplane.telemetry.vitals import MEASURE_S, VitalSigns


class Clock:
    """Goes when it is told to."""

    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


def stalled(path: Path, seconds: float) -> None:
    some = f"some avg10=1.00 avg60=1.00 avg300=1.00 total={int(seconds * 1e6)}"
    path.write_text(f"{some}\nfull avg10=0.00 avg60=0.00 avg300=0.00 total=0\n")


async def test_the_worst_lag_counts_for_two_seconds(tmp_path: Path) -> None:
    """A look that comes late tells by how much; two seconds later it is forgotten."""
    clock = Clock()
    signs = VitalSigns(clock=clock, pressure=tmp_path / "none")
    for pause in (MEASURE_S, MEASURE_S + 0.75, MEASURE_S):
        await signs.look()
        clock.now += pause
    await signs.look()
    assert signs.now() == Vitals(loop_lag_s=0.75)
    clock.now += 2.0
    assert signs.now() == Vitals()


def test_the_slowest_claim_counts_for_five_seconds(tmp_path: Path) -> None:
    """Whatever came after it."""
    clock = Clock()
    signs = VitalSigns(clock=clock, pressure=tmp_path / "none")
    signs.claimed(1.5)
    clock.now += 4.0
    signs.claimed(0.1)
    assert signs.now().database_s == 1.5
    clock.now += 2.0
    assert signs.now().database_s == 0.1


async def test_pressure_is_the_part_of_the_time_that_was_waited(tmp_path: Path) -> None:
    """From the kernel's total between two looks."""
    clock, file = Clock(), tmp_path / "cpu"
    signs = VitalSigns(clock=clock, pressure=file)
    stalled(file, 7.0)
    await signs.look()
    clock.now += 1.0
    stalled(file, 7.75)
    await signs.look()
    assert signs.now().cpu_pressure == pytest.approx(0.75)


@pytest.mark.parametrize("text", [None, "", "nonsense total=x\n"])
async def test_without_a_kernel_that_tells_there_is_no_pressure(
    tmp_path: Path, text: str | None
) -> None:
    """Missing, empty, of another kind."""
    clock, file = Clock(), tmp_path / "cpu"
    if text is not None:
        file.write_text(text)
    signs = VitalSigns(clock=clock, pressure=file)
    for _ in range(2):
        await signs.look()
        clock.now += MEASURE_S
    assert signs.now().cpu_pressure == 0.0
