"""Which addresses the internet can reach."""

import pytest

from controlplane.core.addresses import address_of, is_global


@pytest.mark.parametrize(
    ("text", "reachable"),
    [
        ("51.15.20.30", True),
        ("2a01:4f8::1", True),
        ("::ffff:51.15.20.30", True),
        ("10.0.0.2", False),
        ("::ffff:10.0.0.2", False),
        ("100.64.0.1", False),
        ("fe80::1", False),
        ("127.0.0.1", False),
        ("3a5f.local", False),
        ("", False),
    ],
)
def test_private_addresses_and_names_are_not_reachable(text: str, reachable: bool) -> None:
    """An IPv4 address inside an IPv6 one counts as what it is."""
    assert is_global(text) is reachable


def test_a_name_is_no_address() -> None:
    """It is judged by what it resolves to, by whoever resolves it."""
    assert address_of("bridge.internal") is None
