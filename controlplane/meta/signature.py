"""Whether a webhook is Meta's: its signature, and the handshake that comes before the first one.

Source of the rules: Meta, Webhooks (getting started; event notifications), read in 2026.
"""

import hashlib
import hmac
from collections.abc import Mapping

from controlplane.core.errors import BadSignature, PeerError


class BadHandshake(PeerError):
    """The webhook's handshake does not carry our verify token; check WA_VERIFY_TOKEN."""

    status = 403
    code = "bad-handshake"


def verify_signature(body: bytes, header: str | None, secret: str) -> None:
    """Check `X-Hub-Signature-256` over the body's exact bytes, in constant time.

    Raises:
        BadSignature: it is missing or wrong, or there is no secret to check it with.
    """
    if not header or not secret:
        raise BadSignature
    digest = hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()
    if not hmac.compare_digest(f"sha256={digest}".encode(), header.encode(errors="replace")):
        raise BadSignature


def answer_handshake(query: Mapping[str, str], verify_token: str) -> str:
    """Return the challenge to be sent back as it is: the whole body, as plain text.

    Raises:
        BadHandshake: not a handshake, or not with our token; answer 403.
    """
    token, challenge = query.get("hub.verify_token", ""), query.get("hub.challenge")
    is_ours = hmac.compare_digest(verify_token.encode(), token.encode(errors="replace"))
    if query.get("hub.mode") != "subscribe" or not (verify_token and is_ours) or not challenge:
        raise BadHandshake
    return challenge
