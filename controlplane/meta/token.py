"""The access token, as Graph's `debug_token` describes it, and what is wrong with it. Pure.

Source: Meta, Graph API: debug_token reference; access token error codes (190 and its subcodes).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from controlplane.core.foreign import list_of, object_of, text_of, time_of, word_of
from controlplane.core.line import TOKEN_VARIABLE

CALLS_SCOPE = "whatsapp_business_messaging"
SETTINGS_SCOPE = "whatsapp_business_management"
WARNED_BEFORE = timedelta(days=7)
"""A token that ends within this time is told of."""

# why a token of code 190 is refused (Meta: Graph API, error handling)
_WHY = {
    458: "the person who made it has removed the app",
    459: "the person who made it has to log in to Facebook first",
    460: "the password of the person who made it was changed",
    463: "it has expired",
    464: "the person who made it is not confirmed",
    467: "it was revoked",
    492: "the person who made it has lost the role that it needs",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class TokenInfo:
    """What Graph knows of a token."""

    is_valid: bool
    app_id: str = ""
    """The app that it is of; empty: not told."""
    kind: str = ""
    """SYSTEM_USER, USER, PAGE ..."""
    expires_at: datetime | None = None
    """None: never."""
    scopes: tuple[str, ...] = ()
    accounts: frozenset[str] = frozenset()
    """The WhatsApp Business accounts that it is limited to; empty: not known."""
    subcode: int | None = None
    """Why it is not valid."""


def read_token(data: Mapping[str, Any]) -> TokenInfo | None:
    """Read `debug_token`'s answer; `None` if it is none."""
    info = object_of(data.get("data"))
    if not isinstance(info.get("is_valid"), bool):
        return None
    granular = [object_of(one) for one in list_of(info.get("granular_scopes"))]
    error = object_of(info.get("error"))
    subcode = error.get("subcode")
    return TokenInfo(
        is_valid=info["is_valid"],
        app_id=text_of(info.get("app_id")) or "",
        kind=word_of(info.get("type")),
        expires_at=time_of(info.get("expires_at")),
        scopes=tuple(filter(None, map(word_of, list_of(info.get("scopes"))))),
        accounts=frozenset(
            text
            for one in granular
            if word_of(one.get("scope")).startswith("whatsapp_")
            for target in list_of(one.get("target_ids"))
            if (text := text_of(target)) is not None
        ),
        subcode=subcode if isinstance(subcode, int) else None,
    )


def why_refused(subcode: int | None, variable: str = TOKEN_VARIABLE) -> str:
    """Say in a sentence that the token, which `variable` holds, is dead, and what to do."""
    why = _WHY.get(subcode) if subcode is not None else None
    return (
        f"Meta refuses the access token: {why or 'it is expired or revoked'}. Put a System User's "
        f"token, which does not expire, into {variable} and restart."
    )


def token_troubles(
    token: TokenInfo, now: datetime, variable: str = TOKEN_VARIABLE
) -> dict[str, str]:
    """Say what is wrong with a token, or soon will be; by slug."""
    if not token.is_valid:
        return {"token": why_refused(token.subcode, variable)}
    found = {}
    if token.expires_at is not None and token.expires_at - now < WARNED_BEFORE:
        found["token-expires"] = (
            f"The access token expires at {token.expires_at:%Y-%m-%d %H:%M} UTC. Put a System "
            f"User's token, which does not expire, into {variable} and restart."
        )
    if token.scopes and CALLS_SCOPE not in token.scopes:
        found["token-scope"] = (
            f"The access token lacks {CALLS_SCOPE}, without which no call can be answered. Make "
            f"one that has it, and put it into {variable}."
        )
    return found
