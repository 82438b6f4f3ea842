"""What processes use, read from /proc."""

import os
import time
from pathlib import Path

import pytest

from wacall.bench.process_usage import (
    cpu_seconds,
    descendants,
    parse_busy_ticks,
    parse_pss,
    parse_stat,
    pss_bytes,
    tree,
    until_quiet,
)

STAT = (
    "4242 (odd) name) 7 (x) S 17 4242 4242 0 -1 4194560 52010 930 0 0 312 45 60 3 20 0 11 0 "
    "186077 1234567 8901 18446744073709551615 1 1 0 0 0 0 0 16781312 17642 0 0 0 17 1 0 0"
)
SMAPS = """\
55a4c0000000-7ffe0a5fe000 ---p 00000000 00:00 0                          [rollup]
Rss:              120332 kB
Pss:               66171 kB
Pss_Dirty:         51000 kB
SwapPss:               0 kB
"""


def test_stat_of_a_process_with_an_odd_name() -> None:
    """Parent and times are found behind a name with parentheses and spaces."""
    stat = parse_stat(STAT)
    assert stat.parent == 17
    assert stat.own_ticks == 312 + 45
    assert stat.reaped_ticks == 60 + 3


def test_pss_is_the_line_of_that_name() -> None:
    """`Pss` is read, in bytes; neither `Rss` nor `SwapPss`; a kernel thread has none."""
    assert parse_pss(SMAPS) == 66171 * 1024
    assert parse_pss("") == 0


def test_a_waiting_processor_is_not_busy() -> None:
    """Idle time and waiting for a disk do not count; time stolen by others neither."""
    text = "cpu  100 20 30 5000 600 7 8 99 0 0\ncpu0 1 1 1 1 1 1 1 1 1 1\n"
    assert parse_busy_ticks(text) == 100 + 20 + 30 + 7 + 8


def test_descendants_are_found_at_any_depth() -> None:
    """Children's children belong to the tree, siblings do not."""
    assert descendants(1, {2: 1, 3: 2, 4: 3, 9: 8, 8: 0}) == {1, 2, 3, 4}


def test_this_process_uses_time_and_memory() -> None:
    """Real figures: computing takes CPU time, and memory is held."""
    me = os.getpid()
    before, until = cpu_seconds([me]), time.process_time() + 0.05
    while time.process_time() < until:
        pass
    assert 0.03 <= cpu_seconds([me]) - before < 5
    assert 1_000_000 < pss_bytes([me]) < 20_000_000_000
    assert me in tree(me)


def test_a_process_that_is_gone_uses_nothing() -> None:
    """An id that nobody has is an empty tree, not an error."""
    nobody = int(Path("/proc/sys/kernel/pid_max").read_text()) + 1
    assert tree(nobody) == set()
    assert cpu_seconds([nobody]) == 0.0
    assert pss_bytes([nobody]) == 0


@pytest.mark.parametrize(("also", "expected"), [(True, True), (False, False)])
async def test_quiet_needs_the_other_condition_too(also: bool, expected: bool) -> None:
    """A part that does nothing is quiet only when the condition beside it holds."""
    quiet = await until_quiet([], below_cores=0.1, for_s=0.001, deadline_s=0.02, also=lambda: also)
    assert quiet is expected
