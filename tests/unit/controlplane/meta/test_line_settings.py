"""The number's status and calling settings."""

from typing import Any

import pytest

from controlplane.meta.line_settings import SETTINGS_FIELDS, number_troubles, settings_troubles

SDES, SIP = {"srtp_key_exchange_protocol": "SDES"}, {"sip": {"status": "ENABLED"}}


@pytest.mark.parametrize(
    ("calling", "slugs"),
    [
        ({}, []),
        ({"status": "ENABLED", "sip": {"status": "DISABLED"}}, []),
        ({"srtp_key_exchange_protocol": "DTLS"}, []),
        ({"status": "DISABLED"}, ["calling-off"]),
        ({"sip": {"status": "ENABLED", "servers": []}}, ["sip-mode"]),
        (SDES, ["sdes-mode"]),
        ({"srtp_key_exchange_protocol": "sdes", "sip": "odd"}, ["sdes-mode"]),
        ({"status": 7, "srtp_key_exchange_protocol": None}, []),
        ({"status": "DISABLED", **SIP, **SDES}, list(SETTINGS_FIELDS)),
    ],
)
def test_settings_that_keep_calls_from_working(calling: dict[str, Any], slugs: list[str]) -> None:
    """Each is named, with what to set instead."""
    found = settings_troubles(calling)
    assert list(found) == slugs
    assert all("to " in sentence and "settings" in sentence for sentence in found.values())


@pytest.mark.parametrize(
    ("status", "is_trouble"),
    [
        ("", False),
        ("CONNECTED", False),
        ("connected", False),
        ("FLAGGED", False),
        ("BANNED", True),
        ("DISCONNECTED", True),
        ("RESTRICTED", True),
        ("RATE_LIMITED", True),
    ],
)
def test_numbers_that_cannot_be_used(status: str, is_trouble: bool) -> None:
    """Meta's word is told."""
    found = number_troubles(status)
    assert (list(found) == ["number"]) is is_trouble
    assert not is_trouble or status in found["number"]
