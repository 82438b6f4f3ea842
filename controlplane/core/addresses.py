"""IP addresses as they are written, the IPv4 ones inside IPv6 included."""

import ipaddress


def address_of(text: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    """Read an address; `None` for names. An IPv4-mapped one counts as IPv4 (RFC 4291, 2.5.5.2)."""
    try:
        address = ipaddress.ip_address(text)
    except ValueError:
        return None
    mapped = address.ipv4_mapped if isinstance(address, ipaddress.IPv6Address) else None
    return mapped or address


def is_global(text: str) -> bool:
    """Whether this is an address that the whole internet can reach; names (mDNS) are not."""
    address = address_of(text)
    return address is not None and address.is_global
