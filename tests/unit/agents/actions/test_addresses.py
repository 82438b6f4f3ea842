"""Where an operator's action may go to."""

import pytest

from agents.actions.addresses import is_public

PUBLIC = [
    "8.8.8.8",
    "93.184.216.34",
    "100.63.255.255",
    "172.32.0.1",
    "2606:4700:4700::1111",
    "2a00:1450:4001:82b::200e",
    # NAT64 and 6to4, of a public address
    "64:ff9b::808:808",
    "2002:808:808::1",
]
PRIVATE = {
    "loopback": ["127.0.0.1", "127.255.255.254", "::1"],
    "this host": ["0.0.0.0", "0.1.2.3", "::"],
    "private": ["10.0.0.1", "172.16.0.1", "172.31.255.255", "192.168.1.1", "fd00::1", "fc00::1"],
    "link-local": ["169.254.0.1", "fe80::1", "fe80::1%eth0", "fec0::1"],
    "metadata": ["169.254.169.254", "fd00:ec2::254", "100.100.100.200", "168.63.129.16"],
    "carrier-grade NAT": ["100.64.0.1", "100.127.255.255"],
    "mapped": [
        "::ffff:127.0.0.1",
        "::ffff:10.0.0.1",
        "::ffff:169.254.169.254",
        "::ffff:0:a9fe:a9fe",
    ],
    "compatible": ["::127.0.0.1", "::8.8.8.8"],
    "NAT64": ["64:ff9b::7f00:1", "64:ff9b::a9fe:a9fe", "64:ff9b:1::808:808"],
    "6to4 and Teredo": ["2002:7f00:1::", "2002:a9fe:a9fe::1", "2001:0:4136:e378::1"],
    "ISATAP": ["2a00:1450::5efe:a00:1", "2a00:1450::200:5efe:a00:1"],
    "multicast": ["224.0.0.1", "239.1.1.1", "ff02::1", "ff0e::1"],
    "reserved": ["240.0.0.1", "255.255.255.255", "192.0.0.192", "198.18.0.1", "4000::1", "100::1"],
    "documentation": ["192.0.2.1", "198.51.100.1", "203.0.113.1", "2001:db8::1", "3fff::1"],
    "no address": ["", "localhost", "127.1", "0x7f000001", "2130706433", "1.2.3.4.5", "[::1]"],
}


@pytest.mark.parametrize("address", PUBLIC)
def test_what_the_internet_has_is_public(address: str) -> None:
    """Whatever carries it."""
    assert is_public(address)


@pytest.mark.parametrize(
    ("kind", "address"), [(kind, one) for kind, some in PRIVATE.items() for one in some]
)
def test_what_is_near_us_is_not(kind: str, address: str) -> None:
    """Neither as it is nor wrapped in another kind of address."""
    assert not is_public(address), kind
