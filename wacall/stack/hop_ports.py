"""Media ports for the embedded hops of one machine: no two of them share one.

rtpengine binds its ports with SO_REUSEADDR, and Linux then gives the same one to two of them
(measured with 10.5.3: two hops with one range both took port 30000). The packets of both calls go
to the hop that came last, so that one call's audio starts seconds late, or never. rtpengine does
not notice, so the ranges must differ. Who holds one is known by an abstract Unix socket: it has
the scope of the ports, the network namespace, and goes with its process.
"""

import contextlib
import socket
from collections.abc import Collection, Iterator
from dataclasses import dataclass, field

BLOCK = 1000
"""Ports that are held together; about 250 calls."""


class PortsTaken(Exception):
    """Every block in question is held by another media hop of this machine."""


@dataclass(frozen=True, slots=True)
class MediaPorts:
    """A range of UDP ports that nobody else's hop uses, until it is closed; both ends included."""

    low: int
    high: int
    locks: contextlib.ExitStack = field(repr=False)

    def close(self) -> None:
        """Leave the ports to others; harmless when repeated."""
        self.locks.close()


def hold_ports(ips: Collection[str], low: int, high: int, *, whole: bool) -> MediaPorts:
    """Hold the range on all of these addresses, or the first free block of it.

    Raises:
        PortsTaken: another hop has the range, a part of it, or every block of it.
    """
    candidates = [(low, high)] if whole else _blocks(low, high)
    for first, last in candidates:
        locks = _locks(ips, first, last)
        if locks is not None:
            return MediaPorts(first, last, locks)
    raise PortsTaken


def _blocks(low: int, high: int) -> Iterator[tuple[int, int]]:
    for first in range(low, high + 1, BLOCK):
        yield first, min(first + BLOCK - 1, high)


def _locks(ips: Collection[str], low: int, high: int) -> contextlib.ExitStack | None:
    with contextlib.ExitStack() as locks:
        for ip in sorted(set(ips)):
            for number in range(low // BLOCK, high // BLOCK + 1):
                lock = locks.enter_context(socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM))
                try:
                    lock.bind(f"\0wacall-hop/{ip}/{number}")
                except OSError:
                    return None
        return locks.pop_all()
