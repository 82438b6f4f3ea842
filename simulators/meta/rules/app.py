"""The app at Meta: who it hears of, where its webhooks go, and who may ask for that. Pure."""

from dataclasses import dataclass, field
from typing import Any

from simulators.meta.rules.graph import Refusal
from simulators.meta.rules.token import APP_ID


@dataclass(slots=True, kw_only=True)
class App:
    """One app; may be changed while the simulator runs."""

    secret: str
    callback_url: str
    """Where its webhooks go, as typed into the dashboard."""
    id: str = APP_ID
    fields: list[str] = field(
        default_factory=lambda: ["calls", "messages", "account_update", "account_settings_update"]
    )
    """Of `whatsapp_business_account`; empty: no webhook is configured."""
    is_active: bool = True
    is_subscribed: bool = True
    """To the WhatsApp Business account."""

    def check(self, authorization: str | None) -> Refusal | None:
        """Refuse what is not the app's own token (Meta, Graph API: access tokens, app token)."""
        if authorization == f"Bearer {self.id}|{self.secret}":
            return None
        return Refusal(
            status=400,
            code=190,
            message="Invalid OAuth access token signature.",
            rule="Meta, Graph API: app subscriptions take an app access token",
        )

    def subscribed_apps(self) -> dict[str, Any]:
        """Answer `GET subscribed_apps` (Meta, WhatsApp Business Account: subscribed apps)."""
        ours = {"id": self.id, "name": "Simulated App", "link": "https://example.org/"}
        return {"data": [{"whatsapp_business_api_data": ours}] if self.is_subscribed else []}

    def subscriptions(self) -> dict[str, Any]:
        """Answer `GET subscriptions` (Meta, Graph API: app subscriptions)."""
        if not self.fields:
            return {"data": []}
        return {
            "data": [
                {
                    "object": "whatsapp_business_account",
                    "callback_url": self.callback_url,
                    "active": self.is_active,
                    "fields": [{"name": name, "version": "v24.0"} for name in self.fields],
                }
            ]
        }


def check_settings(body: object) -> Refusal | None:
    """Refuse a change of settings that is no object `calling` with a known switch."""
    calling = body.get("calling") if isinstance(body, dict) else None
    if (
        isinstance(body, dict)
        and set(body) == {"calling"}
        and isinstance(calling, dict)
        and calling
        and calling.get("status", "ENABLED") in ("ENABLED", "DISABLED")
    ):
        return None
    return Refusal(
        status=400,
        code=100,
        message="(#100) Invalid parameter",
        rule="Meta, Calling API: call settings",
    )
