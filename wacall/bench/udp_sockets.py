"""Which process owns which UDP socket, out of Linux's /proc (proc_net(5))."""

import os
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from pathlib import Path

PROC = Path("/proc")


@dataclass(frozen=True, slots=True, kw_only=True)
class UdpSocket:
    """One socket of the kernel's table."""

    port: int
    inode: int


def parse_udp_table(text: str) -> list[UdpSocket]:
    """Read /proc/net/udp or udp6: one line per socket, after a heading."""
    rows = [line.split() for line in text.splitlines()[1:]]
    return [
        UdpSocket(port=int(row[1].rpartition(":")[2], 16), inode=int(row[9]))
        for row in rows
        if len(row) > 9
    ]


def parse_socket_inodes(links: Iterable[str]) -> set[int]:
    """Pick the sockets out of what a process's file descriptors point to."""
    return {
        int(link.removeprefix("socket:[").removesuffix("]"))
        for link in links
        if link.startswith("socket:[")
    }


def udp_ports_of(pids: Collection[int]) -> set[int]:
    """Return the local ports of all UDP sockets that these processes hold open.

    Raises:
        PermissionError: a process belongs to somebody else.
    """
    found: set[int] = set()
    for pid in pids:
        try:
            inodes = parse_socket_inodes(_links(PROC / str(pid) / "fd"))
            # the process's own view: it may live in another network namespace
            tables = [(PROC / str(pid) / "net" / name).read_text() for name in ("udp", "udp6")]
        except (FileNotFoundError, ProcessLookupError):
            continue
        sockets = [socket for table in tables for socket in parse_udp_table(table)]
        found |= {socket.port for socket in sockets if socket.inode in inodes}
    return found


def _links(directory: Path) -> list[str]:
    links = []
    for name in os.listdir(directory):
        try:
            links.append(os.readlink(directory / name))
        except FileNotFoundError:
            continue
    return links
