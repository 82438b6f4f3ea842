"""Who is signed in: a signed cookie, and the token that guards against foreign pages; pure.

Nothing is kept: the key of the signature is made from the operators' key, so that every replica
knows every session, and a new operators' key ends them all.
"""

import hashlib
import hmac
import re
from dataclasses import dataclass

LASTS_S = 12 * 3600
"""How long one sign-in holds."""
_COOKIE = re.compile(r"1\.([0-9]{1,12})\.([A-Za-z0-9_-]{16,64})\.([0-9a-f]{64})")


@dataclass(frozen=True, slots=True)
class Session:
    """Somebody who showed the operators' key."""

    ends_at: int
    """Seconds since 1970."""
    csrf_token: str
    """What requests that change something carry; of this session alone."""


class Sessions:
    """Issues and reads cookies."""

    def __init__(self, operator_key: str) -> None:
        """Take the key whose holders may sign in."""
        self._operator_key = operator_key.encode()
        self._key = _mac(self._operator_key, "wacall dashboard session")

    def admits(self, token: str) -> bool:
        """Whether that is the operators' key; takes the same time for every wrong one."""
        return hmac.compare_digest(token.encode(errors="surrogatepass"), self._operator_key)

    def issue(self, now: float, nonce: str) -> str:
        """Return a cookie's value.

        Args:
            now: seconds since 1970.
            nonce: 16 to 64 random characters of `A-Za-z0-9_-`.
        """
        said = f"1.{int(now) + LASTS_S}.{nonce}"
        return f"{said}.{_mac(self._key, said).hex()}"

    def read(self, cookie: str | None, now: float) -> Session | None:
        """Return whose cookie that is; `None`: none, forged, or over."""
        # a long one is not worth a hash
        if cookie is None or len(cookie) > 160 or not (parts := _COOKIE.fullmatch(cookie)):
            return None
        said, _, given = cookie.rpartition(".")
        ends_at = int(parts[1])
        is_ours = hmac.compare_digest(_mac(self._key, said).hex(), given)
        # one that lasts longer than any that is issued was made with a clock far ahead
        if not is_ours or not now < ends_at <= now + LASTS_S + 60:
            return None
        return Session(ends_at=ends_at, csrf_token=_mac(self._key, f"csrf {said}").hex())


def is_same(given: str | None, session: Session) -> bool:
    """Whether a request carries the session's own token."""
    token = (given or "").encode(errors="surrogatepass")
    return hmac.compare_digest(token, session.csrf_token.encode())


def is_foreign(site: str | None, origin: str | None, host: str) -> bool:
    """Whether a browser says that another origin's page sent the request.

    Args:
        site: `Sec-Fetch-Site` (W3C Fetch Metadata); older browsers send none.
        origin: `Origin` (RFC 6454, section 7); a program sends none.
        host: `Host`. A proxy in front that changes it leaves `Sec-Fetch-Site` to decide.
    """
    if site is not None:
        return site not in ("same-origin", "none")
    return origin is not None and origin.partition("://")[2].lower() != host.lower()


def _mac(key: bytes, said: str) -> bytes:
    return hmac.digest(key, said.encode(), hashlib.sha256)
