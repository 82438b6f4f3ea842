"""Where a media bridge takes its orders, as BRIDGE_URL and a call's row keep it; pure."""

from dataclasses import dataclass
from typing import Self
from urllib.parse import urlsplit

_SHAPE = "must be a URL such as http://10.0.0.5:7890, or unix:/run/wacall/bridge.sock"


@dataclass(frozen=True, slots=True, kw_only=True)
class BridgeAddress:
    """An HTTP URL without a path, or the path of a Unix socket."""

    url: str
    """What requests are sent to: `http://host:port`; of a socket, `http://bridge`."""
    socket: str | None = None

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read an address.

        Raises:
            ValueError: it is none; the text says what one looks like.
        """
        text = text.strip()
        if text.startswith("unix:"):
            path = text.removeprefix("unix:")
            if not path.startswith("/"):
                raise ValueError(_SHAPE)
            return cls(url="http://bridge", socket=path)
        try:
            parts = urlsplit(text)
            port = parts.port
        except ValueError:
            raise ValueError(_SHAPE) from None
        if (
            parts.scheme not in ("http", "https")
            or not parts.hostname
            or parts.path.strip("/")
            or parts.query
            or parts.fragment
            or parts.username is not None
        ):
            raise ValueError(_SHAPE)
        host = f"[{parts.hostname}]" if ":" in parts.hostname else parts.hostname
        return cls(url=f"{parts.scheme}://{host}" + (f":{port}" if port is not None else ""))

    def __str__(self) -> str:
        """Write it as it is read."""
        return self.url if self.socket is None else f"unix:{self.socket}"


def parse_addresses(text: str) -> tuple[BridgeAddress, ...]:
    """Read a list of addresses with commas between them; none twice.

    Raises:
        ValueError: one of them is none.
    """
    return tuple(dict.fromkeys(BridgeAddress.parse(one) for one in text.split(",") if one.strip()))
