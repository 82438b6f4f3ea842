"""Session descriptions that people may see: everything but secrets and addresses. Pure.

Whoever has `ice-pwd` and `ice-ufrag` can pass for the other side's checks (RFC 8445, section 7), a
`crypto` line holds the media's very keys (RFC 4568); addresses say where somebody is.
"""

import ipaddress
import re

_GONE = "(removed)"
_SECRETS = ("ice-ufrag", "ice-pwd", "crypto")
_ADDRESS = re.compile(r"^(c=IN IP[46]|o=\S+ \S+ \S+ IN IP[46]|a=rtcp:\d+ IN IP[46]) \S+")


def redacted(sdp: str) -> str:
    """Return the description without what is secret; line by line, so that two can be compared."""
    return "\n".join(_line(line) for line in sdp.replace("\r\n", "\n").rstrip("\n").split("\n"))


def _line(line: str) -> str:
    for name in _SECRETS:
        if line.startswith(f"a={name}:"):
            return f"a={name}:{_GONE}"
    if line.startswith("a=fingerprint:"):
        return f"{line.split(' ', 1)[0]} {_GONE}"
    if line.startswith("a=ssrc:"):
        number, _, what = line.partition(" ")
        return f"{number} {what.partition(':')[0]}:{_GONE}" if ":" in what else line
    if line.startswith(("a=msid:", "a=msid-semantic:")):
        return f"{line.partition(':')[0]}:{_GONE}"
    if line.startswith("a=candidate:"):
        return _candidate(line)
    return _ADDRESS.sub(rf"\1 {_GONE}", line)


def _candidate(line: str) -> str:
    """Keep what a candidate is (RFC 8839, section 5.1), and of which kind its addresses are."""
    parts = line.split(" ")
    if len(parts) < 6:
        return f"a=candidate:{_GONE}"
    # a foundation may be a hash of the address (RFC 8445, section 5.1.1.3, leaves it open): of all
    # addresses of IPv4 it could be tried out
    parts[0] = f"a=candidate:{_GONE}"
    parts[4] = _kind(parts[4])
    for i, word in enumerate(parts[:-1]):
        if word == "raddr":
            parts[i + 1] = _kind(parts[i + 1])
        elif word == "ufrag":
            parts[i + 1] = _GONE
    return " ".join(parts)


def _kind(text: str) -> str:
    if text.startswith("(") and text.endswith(")"):
        return text  # it has been removed already
    try:
        address = ipaddress.ip_address(text)
    except ValueError:
        return "(name)"
    where = "public" if address.is_global else "loopback" if address.is_loopback else "private"
    return f"(IPv{address.version}-{where})"
