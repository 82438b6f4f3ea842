"""Which addresses an operator's action may go to; pure.

A profile names a host, and DNS decides where that is: whoever has the name could point it at the
machine beside ours, or at a cloud's metadata. So only addresses of the public internet are taken:
none of IANA's special-purpose registries (RFC 6890; listed here, for Python's own list changes from
release to release), and none that carries such an IPv4 address inside.
"""

from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address

_SPECIAL4 = tuple(
    map(
        IPv4Network,
        (
            "0.0.0.0/8",  # this network
            "10.0.0.0/8",
            "100.64.0.0/10",  # carrier-grade NAT (RFC 6598); a cloud's metadata at 100.100.100.200
            "127.0.0.0/8",
            "168.63.129.16/32",  # public by its number, and yet each machine's own host at Azure
            "169.254.0.0/16",  # link-local; clouds' metadata at 169.254.169.254
            "172.16.0.0/12",
            "192.0.0.0/24",  # protocol assignments; a cloud's metadata at 192.0.0.192
            "192.0.2.0/24",
            "192.88.99.0/24",
            "192.168.0.0/16",
            "198.18.0.0/15",  # benchmarks
            "198.51.100.0/24",
            "203.0.113.0/24",
            "224.0.0.0/4",  # multicast
            "240.0.0.0/4",
        ),
    )
)
# what is assigned to hosts of the internet (RFC 4291, section 2.4), without what is special in it
_GLOBAL_UNICAST = IPv6Network("2000::/3")
_SPECIAL6 = tuple(
    map(
        IPv6Network,
        (
            "2001::/23",  # protocols, Teredo (RFC 4380) among them, which hides its IPv4 address
            "2001:db8::/32",
            "3fff::/20",
        ),
    )
)
# NAT64's well-known prefix (RFC 6052): how a network without IPv4 reaches it
_NAT64 = IPv6Network("64:ff9b::/96")
# ISATAP (RFC 5214): an IPv4 address behind a fixed interface identifier
_ISATAP = {0x00005EFE, 0x02005EFE}


def is_public(text: str) -> bool:
    """Tell whether an address is one of the public internet, whatever it is wrapped in."""
    try:
        address = ip_address(text)
    except ValueError:
        return False
    if isinstance(address, IPv4Address):
        return _is_public4(address)
    inner = _inside(address)
    if inner is not None:
        return _is_public4(inner)
    is_special = any(address in network for network in _SPECIAL6) or _interface(address) in _ISATAP
    # a zone, as of fe80::1%eth0, is a link's own
    return address in _GLOBAL_UNICAST and not is_special and address.scope_id is None


def _is_public4(address: IPv4Address) -> bool:
    return not any(address in network for network in _SPECIAL4)


def _inside(address: IPv6Address) -> IPv4Address | None:
    """Return the IPv4 address that is truly reached."""
    if address in _NAT64:
        return IPv4Address(int(address) & 0xFFFFFFFF)
    return address.ipv4_mapped or address.sixtofour


def _interface(address: IPv6Address) -> int:
    return int(address) >> 32 & 0xFFFFFFFF
