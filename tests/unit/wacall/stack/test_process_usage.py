"""What processes use, of real ones."""

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from wacall.stack.process_usage import (
    busy_seconds,
    cpu_seconds,
    pss_bytes,
    tree,
    udp_ports_of,
    until_quiet,
)

# says its child's number once that runs, then waits to be told to end
PARENT = """
import subprocess, sys
code = "import sys; print(flush=True); sys.stdin.read()"
pipe = subprocess.PIPE
with subprocess.Popen([sys.executable, "-c", code], stdin=pipe, stdout=pipe) as child:
    child.stdout.readline()
    print(child.pid, flush=True)
    input()
"""


@pytest.fixture
def family() -> Iterator[tuple[int, int]]:
    """A process and its child; both are children of this one."""
    parent = subprocess.Popen(
        [sys.executable, "-c", PARENT], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    )
    assert parent.stdin is not None
    assert parent.stdout is not None
    yield parent.pid, int(parent.stdout.readline())
    parent.communicate(b"\n")


def test_a_tree_reaches_to_any_depth(family: tuple[int, int]) -> None:
    """Children's children belong to it; parents and siblings do not."""
    parent, child = family
    assert {os.getpid(), parent, child} <= tree(os.getpid())
    assert tree(parent) == {parent, child}
    assert tree(child) == {child}


def test_overlapping_trees_are_counted_once(family: tuple[int, int]) -> None:
    """A part that is named twice, or with a part of itself, uses no more than it does."""
    parent, child = family
    for number in family:
        os.kill(number, signal.SIGSTOP)
    try:
        whole = pss_bytes([parent])
        assert whole > pss_bytes([child]) > 1_000_000
        assert pss_bytes([parent, child, parent]) == pytest.approx(whole, rel=0.05)
    finally:
        for number in family:
            os.kill(number, signal.SIGCONT)


def test_ended_children_have_used_their_time() -> None:
    """What a child has computed before it ended is its parent's."""
    me = os.getpid()
    before, alive = cpu_seconds([me]), psutil.Process(me).cpu_times()
    burn = "import time\nwhile time.process_time() < 0.2: pass"
    subprocess.run([sys.executable, "-c", burn], check=True)
    after = psutil.Process(me).cpu_times()
    own = after.user + after.system - alive.user - alive.system
    assert cpu_seconds([me]) - before - own > 0.15


def test_what_is_computed_keeps_the_machine_busy() -> None:
    """A second of a processor's time is a second of the machine's, or more."""
    before, until = busy_seconds(), time.process_time() + 0.2
    while time.process_time() < until:
        pass
    assert 0.15 < busy_seconds() - before


def test_a_socket_is_seen_while_it_is_open() -> None:
    """A UDP socket of this process is found, a TCP socket is not, and a closed one is gone."""
    me = {os.getpid()}
    families = [(socket.AF_INET, "127.0.0.1"), (socket.AF_INET6, "::1")]
    opened: set[int] = set()
    before = udp_ports_of(me)
    with socket.socket() as tcp:
        tcp.bind(("127.0.0.1", 0))
        tcp.listen()
        sockets = [socket.socket(family, socket.SOCK_DGRAM) for family, _ in families]
        for udp, (_, address) in zip(sockets, families, strict=True):
            udp.bind((address, 0))
            opened.add(udp.getsockname()[1])
        assert udp_ports_of(me) == before | opened
    for udp in sockets:
        udp.close()
    assert udp_ports_of(me) == before
    assert udp_ports_of(set()) == set()


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
    assert udp_ports_of([nobody]) == set()


@pytest.mark.parametrize(("also", "expected"), [(True, True), (False, False)])
async def test_quiet_needs_the_other_condition_too(also: bool, expected: bool) -> None:
    """A part that does nothing is quiet only when the condition beside it holds."""
    quiet = await until_quiet([], below_cores=0.1, for_s=0.001, deadline_s=0.02, also=lambda: also)
    assert quiet is expected
