"""What processes use, out of Linux's /proc: CPU time, memory, and who descends from whom.

Memory is PSS (proc_pid_smaps_rollup(5)): a page that several processes share counts for each with
its share, so that a part's processes may be added up.
"""

import asyncio
import os
import time
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from pathlib import Path

PROC = Path("/proc")
_TICKS_PER_S = os.sysconf("SC_CLK_TCK")


@dataclass(frozen=True, slots=True, kw_only=True)
class ProcessStat:
    """The fields of /proc/PID/stat that are used here; times in clock ticks."""

    parent: int
    own_ticks: int
    """User and system time of all its threads."""
    reaped_ticks: int
    """The same of its children that have ended and been waited for."""


def parse_stat(text: str) -> ProcessStat:
    """Read /proc/PID/stat (proc_pid_stat(5)); the program's name in it may hold anything."""
    # from the third field on: state, ppid, ... utime (14), stime, cutime, cstime
    fields = text.rpartition(")")[2].split()
    user, system, reaped_user, reaped_system = (int(field) for field in fields[11:15])
    return ProcessStat(
        parent=int(fields[1]), own_ticks=user + system, reaped_ticks=reaped_user + reaped_system
    )


def parse_pss(text: str) -> int:
    """Read the bytes of PSS out of /proc/PID/smaps_rollup; 0 if there are none."""
    for line in text.splitlines():
        name, _, rest = line.partition(":")
        if name == "Pss":
            return int(rest.split()[0]) * 1024
    return 0


def parse_busy_ticks(text: str) -> int:
    """Read from /proc/stat how many clock ticks all processors together have been busy."""
    # user, nice, system, idle, iowait, irq, softirq, steal (proc_stat(5)); guest time is in user
    user, nice, system, _, _, irq, softirq = (int(field) for field in text.split()[1:8])
    return user + nice + system + irq + softirq


def descendants(root: int, parents: Mapping[int, int]) -> set[int]:
    """Return a process and everything below it."""
    found = {root}
    while more := {child for child, parent in parents.items() if parent in found} - found:
        found |= more
    return found


def tree(root: int) -> set[int]:
    """Return the ids of a running process and everything below it; empty if it has ended."""
    parents = {pid: stat.parent for pid, stat in _stats().items()}
    return descendants(root, parents) if root in parents else set()


def cpu_seconds(roots: Collection[int]) -> float:
    """Add up the CPU time that the trees under `roots` have used, ended children included."""
    stats = _stats()
    parents = {pid: stat.parent for pid, stat in stats.items()}
    pids = {pid for root in roots for pid in descendants(root, parents)} & stats.keys()
    return sum(stats[pid].own_ticks + stats[pid].reaped_ticks for pid in pids) / _TICKS_PER_S


def pss_bytes(roots: Collection[int]) -> int:
    """Add up the memory of the trees under `roots`."""
    pids = {pid for root in roots for pid in tree(root)}
    return sum(parse_pss(_read(PROC / str(pid) / "smaps_rollup")) for pid in pids)


def busy_seconds() -> float:
    """Tell for how long the machine's processors have been busy, with whatever, added up."""
    return parse_busy_ticks(_read(PROC / "stat")) / _TICKS_PER_S


async def until_quiet(
    roots: Collection[int],
    *,
    below_cores: float,
    for_s: float,
    deadline_s: float,
    also: Callable[[], bool] = lambda: True,
) -> bool:
    """Wait until the trees use less than `below_cores` over `for_s`, and `also` holds.

    Returns whether that came to be within `deadline_s`.
    """
    deadline = time.monotonic() + deadline_s
    while time.monotonic() < deadline:
        before, began = cpu_seconds(roots), time.monotonic()
        await asyncio.sleep(for_s)
        cores = (cpu_seconds(roots) - before) / (time.monotonic() - began)
        if cores < below_cores and also():
            return True
    return False


def _stats() -> dict[int, ProcessStat]:
    texts = {
        int(name): _read(PROC / name / "stat") for name in os.listdir(PROC) if name.isdecimal()
    }
    return {pid: parse_stat(text) for pid, text in texts.items() if text}


def _read(path: Path) -> str:
    """Read a file that may go away at any time; the empty string if it has."""
    try:
        return path.read_text(errors="replace")
    except OSError:
        return ""
