"""What processes use: CPU time, memory, UDP ports, and who descends from whom.

Memory is PSS (proc_pid_smaps_rollup(5)): a page that several processes share counts for each with
its share, so that a part's processes may be added up.
"""

import asyncio
import contextlib
import time
from collections.abc import Callable, Collection, Iterator

import psutil


def tree(root: int) -> set[int]:
    """Return the ids of a running process and everything below it; empty if it has ended."""
    return {process.pid for process in _trees([root])}


def cpu_seconds(roots: Collection[int]) -> float:
    """Add up the CPU time that the trees under `roots` have used, ended children included."""
    total = 0.0
    for process in _trees(roots):
        with contextlib.suppress(psutil.NoSuchProcess):
            times = process.cpu_times()
            total += times.user + times.system + times.children_user + times.children_system
    return total


def pss_bytes(roots: Collection[int]) -> int:
    """Add up the memory of the trees under `roots`."""
    total = 0
    for process in _trees(roots):
        # a process that has ended, but was not yet waited for, has none
        with contextlib.suppress(psutil.NoSuchProcess, psutil.AccessDenied):
            total += process.memory_full_info().pss
    return total


def busy_seconds() -> float:
    """Tell for how long the machine's processors have been busy, with whatever, added up."""
    # waiting for a disk is no work, and what is stolen is not ours
    times = psutil.cpu_times()
    # guest time is in user and nice already (proc_stat(5))
    return float(times.user + times.nice + times.system + times.irq + times.softirq)


def udp_ports_of(pids: Collection[int]) -> set[int]:
    """Return the local ports of all UDP sockets that these processes hold open.

    Raises:
        psutil.AccessDenied: a process belongs to somebody else.
    """
    found: set[int] = set()
    for pid in pids:
        with contextlib.suppress(psutil.NoSuchProcess):
            sockets = psutil.Process(pid).net_connections(kind="udp")
            found |= {udp.laddr.port for udp in sockets if udp.laddr}
    return found


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


def _trees(roots: Collection[int]) -> Iterator[psutil.Process]:
    """Give each process of the trees once."""
    seen: set[int] = set()
    for root in roots:
        with contextlib.suppress(psutil.NoSuchProcess):
            process = psutil.Process(root)
            for member in (process, *process.children(recursive=True)):
                if member.pid not in seen:
                    seen.add(member.pid)
                    yield member
