"""Whether a webhook is Meta's: its signature, and the handshake that comes before the first one.

Source of the rules: Meta, Webhooks (getting started; event notifications), read in 2026.
"""

import hashlib
import hmac
import re
from collections.abc import Iterable, Mapping

from controlplane.core.errors import BadSignature, PeerError

_SIGNATURE = re.compile(r"sha256=[0-9a-f]{64}", re.ASCII)


class BadHandshake(PeerError):
    """The webhook's handshake does not carry our verify token; check WA_VERIFY_TOKEN."""

    status = 403
    code = "bad-handshake"


def find_signer(body: bytes, header: str | None, secrets: Iterable[str]) -> str:
    """Check `X-Hub-Signature-256` over the body's exact bytes; return the secret that signed them.

    One hash of the body for each secret, and none for what is no signature at all; which secret
    it was takes no time of its own to find.

    Raises:
        BadSignature: it is missing or wrong, or there is no secret to check it with.
    """
    if not header or not _SIGNATURE.fullmatch(header):
        raise BadSignature
    found = None
    for secret in filter(None, secrets):
        digest = hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()
        if hmac.compare_digest(f"sha256={digest}".encode(), header.encode()):
            found = secret
    if found is None:
        raise BadSignature
    return found


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
