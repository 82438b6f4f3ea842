"""Where a media hop takes its orders: rtpengine's NG protocol over UDP or HTTP.

Whoever reaches that port can redirect calls, for NG knows no authentication: so it must never be
on a public address, and a public address is refused here.
"""

from dataclasses import dataclass
from enum import StrEnum
from urllib.parse import urlsplit

from controlplane.core.addresses import address_of

DEFAULT_PORT = 2223
"""The port that rtpengine's own packages listen on for NG."""

_MALFORMED = "must be a control address such as udp://127.0.0.1:2223"
PUBLIC = (
    "is a public address; rtpengine's control port has no authentication, so bind it to a "
    "loopback or private address and reach it there"
)


class NgTransport(StrEnum):
    """How NG messages travel. rtpengine 10.5 takes JSON on both (measured)."""

    UDP = "udp"
    """rtpengine's --listen-ng."""
    HTTP = "http"
    """rtpengine's --listen-http, path /ng."""


@dataclass(frozen=True, slots=True, kw_only=True)
class HopAddress:
    """One rtpengine's control address; as text it is what a call's row keeps of it."""

    transport: NgTransport
    host: str
    port: int

    def __str__(self) -> str:
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{self.transport}://{host}:{self.port}"

    @classmethod
    def parse(cls, text: str) -> "HopAddress":
        """Read `udp://host:port` or `http://host:port`.

        Raises:
            ValueError: it is neither, or a public address.
        """
        try:
            parts = urlsplit(text.strip())
            port = parts.port
        except ValueError:
            # brackets without an address in them, or a port that is no number
            raise ValueError(_MALFORMED) from None
        if (
            parts.scheme not in tuple(NgTransport)
            or not parts.hostname
            or port == 0
            or parts.path not in ("", "/")
            or parts.query
            or parts.username is not None
        ):
            raise ValueError(_MALFORMED)
        if is_public(parts.hostname):
            raise ValueError(f"{parts.hostname} {PUBLIC}")
        return cls(
            transport=NgTransport(parts.scheme),
            host=parts.hostname,
            port=DEFAULT_PORT if port is None else port,
        )


def parse_hops(text: str) -> tuple[HopAddress, ...]:
    """Read the comma-separated addresses of all hops, in order, each once.

    Raises:
        ValueError: one of them cannot be used.
    """
    found = [HopAddress.parse(part) for part in text.split(",") if part.strip()]
    return tuple(dict.fromkeys(found))


def is_public(host: str) -> bool:
    """Whether this is an address on the internet; names are judged by what they resolve to."""
    address = address_of(host.partition("%")[0])
    if address is None:
        return False
    # 0.0.0.0 is every address of the machine, the public one included
    return address.is_global or address.is_unspecified or address.is_multicast
