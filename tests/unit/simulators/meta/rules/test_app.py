"""The simulated app at Meta: whom it tells of its webhook, and what it takes for settings."""

import pytest

from simulators.meta.rules.app import App, check_settings


@pytest.mark.parametrize("bearer", [None, "Bearer EAAtoken", "Bearer 670843887433847|another"])
def test_only_the_apps_own_token_sees_its_webhook(bearer: str | None) -> None:
    """As Meta: a system user's token does not do, nor another secret."""
    app = App(secret="secret", callback_url="https://x.example.org/wa/webhook")
    refusal = app.check(bearer)
    assert refusal is not None
    assert refusal.code == 190
    assert app.check(f"Bearer {app.id}|secret") is None


def test_an_app_without_fields_has_no_webhook() -> None:
    """And one that is not subscribed is not listed."""
    app = App(secret="secret", callback_url="https://x.example.org/")
    assert app.subscriptions()["data"][0]["object"] == "whatsapp_business_account"
    assert len(app.subscribed_apps()["data"]) == 1
    app.fields, app.is_subscribed = [], False
    assert app.subscriptions() == app.subscribed_apps() == {"data": []}


@pytest.mark.parametrize(
    ("body", "taken"),
    [
        ({"calling": {"status": "ENABLED"}}, True),
        ({"calling": {"status": "on"}}, False),
        ({"calling": {}}, False),
        ({"calling": "ENABLED"}, False),
        ({"messaging_product": "whatsapp", "calling": {"status": "ENABLED"}}, False),
        ([], False),
        (None, False),
    ],
)
def test_settings_are_one_object_with_a_known_switch(body: object, taken: bool) -> None:
    """Everything else is an invalid parameter."""
    assert (check_settings(body) is None) is taken
