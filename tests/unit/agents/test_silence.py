"""A caller who says nothing is asked once; then the call ends."""

import pytest

from agents.silence import Silence, Step

QUIET, BUSY = True, False


def steps(*looks: tuple[float, bool], heard: dict[float, float] | None = None) -> list[str]:
    """What is due at each look; `heard`: when the caller was, by the look before which it came."""
    silence = Silence(ask_after_s=10, end_after_s=8)
    due = []
    for now, is_quiet in looks:
        if heard and now in heard:
            silence.heard(heard[now])
        step = silence.look(now, is_quiet=is_quiet)
        if step is not Step.NOTHING:
            due.append(f"{step} {now:g}")
    return due


def every_second(until: int, *, busy: range = range(0)) -> list[tuple[float, bool]]:
    return [(float(now), now not in busy) for now in range(until)]


@pytest.mark.parametrize(
    ("looks", "heard", "due"),
    [
        # asked after ten seconds, ended eight after the question was over
        (every_second(40, busy=range(11, 14)), {}, ["ask 10", "end 22", "end 23"]),
        # who answers is talked with, and asked anew later
        (every_second(35), {14: 13.5}, ["ask 10", "ask 24", "end 33", "end 34"]),
        # a word that was over between two looks counts
        (every_second(16), {9: 8.5}, []),
        # while something runs or is said there is no silence
        (every_second(40, busy=range(5, 40)), {}, []),
        # a tool that takes its time begins it anew
        (every_second(20, busy=range(8, 12)), {}, []),
    ],
)
def test_silence_is_asked_about_once_and_then_ends(
    looks: list[tuple[float, bool]], heard: dict[float, float], due: list[str]
) -> None:
    """Whatever the caller does begins it anew."""
    found = steps(*looks, heard=heard)
    assert found[: len(due)] == due
    assert bool(due) or not found
