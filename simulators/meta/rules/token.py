"""Access tokens as Graph knows them: valid, expired, revoked; and what `debug_token` says. Pure."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from simulators.meta.rules.graph import Refusal

APP_ID = "670843887433847"
SCOPES = ("whatsapp_business_management", "whatsapp_business_messaging")


class TokenState(StrEnum):
    """Whether Graph takes the token."""

    VALID = "valid"
    EXPIRED = "expired"
    REVOKED = "revoked"


@dataclass(slots=True, kw_only=True)
class Token:
    """One access token; may be changed while the simulator runs."""

    value: str
    state: TokenState = TokenState.VALID
    expires_at: int = 0
    """UNIX seconds; 0: never, as for a System User's."""
    scopes: tuple[str, ...] = SCOPES

    def check(self, authorization: str | None) -> Refusal | None:
        """Refuse a missing, wrong, expired or revoked bearer token."""
        if authorization != f"Bearer {self.value}":
            return _refusal("Invalid OAuth access token - Cannot parse access token", None)
        if self.state is TokenState.EXPIRED:
            return _refusal("Error validating access token: Session has expired.", 463)
        if self.state is TokenState.REVOKED:
            return _refusal("Error validating access token: The access token was revoked.", 467)
        return None

    def describe(self, asked: str, waba_id: str) -> Refusal | dict[str, Any]:
        """Answer `GET debug_token?input_token=...` (Meta: Graph API, debug_token)."""
        if not asked:
            return Refusal(
                status=400,
                code=100,
                message="(#100) The parameter input_token is required",
                rule="Meta, Graph API: debug_token",
            )
        if asked != self.value:
            error = {"code": 190, "message": "Malformed access token"}
            return {"data": {"error": error, "is_valid": False, "scopes": []}}
        return {
            "data": {
                "app_id": APP_ID,
                "type": "SYSTEM_USER",
                "application": "Simulated App",
                "data_access_expires_at": 0,
                "expires_at": self.expires_at,
                "is_valid": True,
                "scopes": list(self.scopes),
                "granular_scopes": [
                    {"scope": scope, "target_ids": [waba_id]} for scope in self.scopes
                ],
                "user_id": "122100000000000001",
            }
        }


def _refusal(message: str, subcode: int | None) -> Refusal:
    return Refusal(
        status=401,
        code=190,
        subcode=subcode,
        message=message,
        rule="Meta, Graph API: access tokens, error 190 and its subcodes",
    )
