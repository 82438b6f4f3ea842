"""Whom clients are told to ask for their address: nobody who has no part in calls."""

import pytest

from wacall.doctor.ice_servers import judge_ice_servers

DEFAULTS = ["stun:global.stun.twilio.com:3478", "stun:stun.l.google.com:19302"]


@pytest.mark.parametrize(
    "named",
    [
        [],
        ["stun:203.0.113.7:7882"],
        ["stun:[2001:db8::1]:7882"],
        ["turn:turn.shop.example:443?transport=udp", "stun:stun.shop.example:3478"],
    ],
)
def test_servers_of_ones_own_are_no_finding(named: list[str]) -> None:
    """Addresses and names alike."""
    assert judge_ice_servers(named) is None


def test_livekits_defaults_are_named_with_the_fix() -> None:
    """No call fails for it."""
    found = judge_ice_servers([*DEFAULTS, "stun:203.0.113.7:7882"])
    assert found is not None
    assert found.status == "warn"
    assert "global.stun.twilio.com, stun.l.google.com" in found.message
    assert "203.0.113.7" not in found.message
    assert "rtc.stun_servers" in found.fix
