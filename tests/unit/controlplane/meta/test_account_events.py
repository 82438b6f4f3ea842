"""Which troubles begin or end with what Meta tells of the account."""

import json
from datetime import UTC, datetime
from typing import Any

import pytest

from controlplane.core.line_trouble import SENTENCES, TroubleChange
from controlplane.meta.account_events import account_changes, settings_changes
from controlplane.meta.events import AccountUpdated, Unrecognized
from controlplane.meta.webhook import parse_stored, parse_webhook

UNTIL = datetime(2026, 9, 28, 13, 46, 40, tzinfo=UTC)


def begun(*names: str) -> set[TroubleChange]:
    return {TroubleChange(name=name, holds=True) for name in names}


def over(*names: str) -> set[TroubleChange]:
    return {TroubleChange(name=name, holds=False) for name in names}


def ban(state: str) -> dict[str, Any]:
    info = {"waba_ban_state": state, "waba_ban_date": "November 1, 2026"}
    return {"event": "DISABLED_UPDATE", "ban_info": [info]}


@pytest.mark.parametrize(
    ("value", "changes"),
    [
        (ban("DISABLE"), begun("account-disabled") | over("account-disable-scheduled")),
        (ban("SCHEDULE_FOR_DISABLE"), begun("account-disable-scheduled")),
        (
            ban("REINSTATE"),
            over("account-disabled", "account-disable-scheduled", "account-deleted"),
        ),
        (ban("NOVELTY"), set()),
        (
            {"event": "DISABLED_UPDATE", "ban_info": {"waba_ban_state": "DISABLE"}},
            begun("account-disabled") | over("account-disable-scheduled"),
        ),
        ({"event": "DISABLED_UPDATE", "ban_info": "odd"}, set()),
        ({"event": "ACCOUNT_DELETED"}, begun("account-deleted")),
        ({"event": "ACCOUNT_OFFBOARDED"}, begun("account-offboarded")),
        ({"event": "ACCOUNT_RECONNECTED"}, over("account-offboarded", "account-deleted")),
        ({"event": "PARTNER_REMOVED"}, begun("partner-removed")),
        ({"event": "PARTNER_ADDED"}, over("partner-removed")),
        ({"event": "PARTNER_APP_UNINSTALLED"}, begun("app-uninstalled")),
        ({"event": "PARTNER_APP_INSTALLED"}, over("app-uninstalled", "partner-removed")),
        ({"event": "VOLUME_BASED_PRICING_TIER_UPDATE"}, set()),
        (
            {
                "event": "ACCOUNT_RESTRICTION",
                "restriction_info": [
                    {
                        "restriction_type": "RESTRICTED_USER_INITIATED_CALLING",
                        "expiration": 1790603200,
                    },
                    {
                        "restriction_type": "RESTRICTED_BIZ_INITIATED_MESSAGING",
                        "expiration": "2026-09-28T13:46:40+0000",
                    },
                    {"restriction_type": "RESTRICTED_ADD_PHONE_NUMBER_ACTION"},
                ],
            },
            {
                TroubleChange(name="restricted-inbound-calls", holds=True, until=UNTIL),
                TroubleChange(name="restricted-messages", holds=True, until=UNTIL),
            },
        ),
        (
            {"event": "ACCOUNT_RESTRICTION", "restriction_info": []},
            over(
                "restricted-outbound-calls",
                "restricted-inbound-calls",
                "call-button-hidden",
                "restricted-messages",
            ),
        ),
        ({"event": "ACCOUNT_RESTRICTION"}, set()),
        ({}, set()),
    ],
)
def test_what_begins_and_what_is_over(value: dict[str, Any], changes: set[TroubleChange]) -> None:
    """Each event of the account that concerns calls; all others change nothing."""
    found = account_changes(value)
    assert set(found) == changes
    assert len(found) == len(changes)
    assert {change.name for change in found} <= set(SENTENCES)


@pytest.mark.parametrize(
    ("calling", "changes"),
    [
        ({"status": "DISABLED"}, begun("calling-off")),
        ({"status": "ENABLED"}, over("calling-off")),
        ({"sip": {"status": "ENABLED"}}, begun("sip-mode")),
        ({"srtp_key_exchange_protocol": "SDES"}, begun("sdes-mode")),
        (
            {"status": "ENABLED", "srtp_key_exchange_protocol": "DTLS"},
            over("calling-off", "sdes-mode"),
        ),
        ({"call_icon_visibility": "DISABLE_ALL"}, set()),
    ],
)
def test_settings_begin_and_end_troubles(
    calling: dict[str, Any], changes: set[TroubleChange]
) -> None:
    """Of the fields that are told; what is not told is not known to have changed."""
    settings = {"phone_number_id": "436666719526789", "calling": calling}
    value = {"timestamp": "1767945600", "phone_number_settings": settings}
    assert set(settings_changes(value)) == changes
    event = parse_stored({"entry_id": "7", "field": "account_settings_update", "value": value})
    if not changes:
        assert isinstance(event, Unrecognized)
        return
    assert isinstance(event, AccountUpdated)
    assert (event.phone_number_id, event.account) == ("436666719526789", "7")
    assert event.timestamp == datetime.fromtimestamp(1767945600, UTC)


def test_an_update_of_the_account_has_the_time_of_its_entry() -> None:
    """By which it is told what is the newest word; it has none of its own."""
    change = {"field": "account_update", "value": {"event": "PARTNER_REMOVED"}}
    entry = {"id": "7", "time": 1767945600, "changes": [change]}
    (event,) = parse_webhook(json.dumps({"object": "x", "entry": [entry]}).encode())
    assert isinstance(event, AccountUpdated)
    assert event.timestamp == datetime.fromtimestamp(1767945600, UTC)
    assert parse_stored(event.raw) == event
