"""How a request of ours to an operator's server is signed; pure.

The scheme is the one that webhooks commonly use: HMAC-SHA256 over the time of sending, a dot, and
the body as it is sent. The time is signed as well, so that an old request cannot be replayed.
"""

import hashlib
import hmac
from datetime import datetime

TIMESTAMP_HEADER = "X-Wacall-Timestamp"
"""Seconds since 1970."""
SIGNATURE_HEADER = "X-Wacall-Signature"
"""`sha256=` and 64 hexadecimal digits."""


def signed_headers(secret: str, body: bytes, now: datetime) -> dict[str, str]:
    """Write the two headers of a request with this body, sent at `now`.

    `body` is what the receiver gets, byte for byte; of a request without one, its query string.
    """
    timestamp = str(int(now.timestamp()))
    signed = hmac.new(secret.encode(), timestamp.encode() + b"." + body, hashlib.sha256)
    return {TIMESTAMP_HEADER: timestamp, SIGNATURE_HEADER: f"sha256={signed.hexdigest()}"}
