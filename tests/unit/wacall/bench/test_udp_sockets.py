"""Which process owns which UDP socket."""

import os
import socket

from wacall.bench.udp_sockets import UdpSocket, parse_socket_inodes, parse_udp_table, udp_ports_of

TABLE = """\
   sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode ref
 1234: 0100007F:1ECA 00000000:0000 07 00000000:00000000 00:00000000 00000000     0        0 77001 2
 1235: 00000000000000000000000001000000:C350 00000000000000000000000000000000:0000 07 00000000:00000000 00:00000000 00000000     0        0 77002 2
"""  # noqa: E501


def test_the_kernels_table() -> None:
    """Ports are hexadecimal, of IPv4 and IPv6 sockets alike; the heading is no socket."""
    assert parse_udp_table(TABLE) == [
        UdpSocket(port=7882, inode=77001),
        UdpSocket(port=50000, inode=77002),
    ]
    assert parse_udp_table("") == []


def test_only_sockets_among_the_open_files_count() -> None:
    """Pipes, files and event counters have inodes that mean something else."""
    links = ["socket:[77001]", "pipe:[5]", "/dev/null", "anon_inode:[eventpoll]", "socket:[9]"]
    assert parse_socket_inodes(links) == {77001, 9}


def test_a_socket_is_seen_while_it_is_open() -> None:
    """A UDP socket of this process is found, a TCP socket is not, and a closed one is gone."""
    me = {os.getpid()}
    with socket.socket(type=socket.SOCK_DGRAM) as udp, socket.socket() as tcp:
        udp.bind(("127.0.0.1", 0))
        tcp.bind(("127.0.0.1", 0))
        tcp.listen()
        port = udp.getsockname()[1]
        assert port in udp_ports_of(me)
        others = udp_ports_of(me) - {port}
    assert udp_ports_of(me) == others
    assert udp_ports_of(set()) == set()
