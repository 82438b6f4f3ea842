"""What a clip is made of, and the name that follows from it; pure."""

import hashlib
import ipaddress
import json
from dataclasses import dataclass
from urllib.parse import urlsplit


@dataclass(frozen=True, slots=True, kw_only=True)
class ClipKey:
    """Whose voice says which words."""

    origin: str
    """Whose models they are (`origin_of`)."""
    model: str
    voice: str
    text: str

    @property
    def name(self) -> str:
        """The file's name: another one whenever anything of it is another one."""
        made_of = json.dumps([self.origin, self.model, self.voice, self.text])
        return f"{hashlib.sha256(made_of.encode()).hexdigest()}.opus"


def origin_of(base_url: str) -> str:
    """Name the API that a URL leads to; stand-ins on this machine are one, at whatever port."""
    host = urlsplit(base_url).hostname or ""
    if host == "localhost":
        return "loopback"
    try:
        return "loopback" if ipaddress.ip_address(host).is_loopback else host
    except ValueError:
        return host
