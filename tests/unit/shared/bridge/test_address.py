"""Addresses of media bridges, as people write them."""

import pytest

from shared.bridge.address import BridgeAddress, parse_addresses


@pytest.mark.parametrize(
    ("text", "written"),
    [
        ("http://10.0.0.5:7890", "http://10.0.0.5:7890"),
        (" http://bridge/ ", "http://bridge"),
        ("https://bridge.example:443", "https://bridge.example:443"),
        ("http://[::1]:7890", "http://[::1]:7890"),
        ("unix:/run/wacall/bridge.sock", "unix:/run/wacall/bridge.sock"),
    ],
)
def test_an_address_is_read_and_written(text: str, written: str) -> None:
    """What is written is read as the same again."""
    address = BridgeAddress.parse(text)
    assert str(address) == written
    assert BridgeAddress.parse(written) == address


@pytest.mark.parametrize(
    "text",
    [
        "",
        "10.0.0.5:7890",
        "ftp://10.0.0.5",
        "http://",
        "http://host:port",
        "http://host/path",
        "http://user:secret@host",
        "http://host?token=secret",
        "unix:bridge.sock",
    ],
)
def test_what_is_none_is_refused_without_repeating_it(text: str) -> None:
    """The sentence shows what an address looks like, and no part of what was written."""
    with pytest.raises(ValueError, match="must be a URL such as") as refused:
        BridgeAddress.parse(text)
    assert "secret" not in str(refused.value)


def test_a_list_has_nobody_twice() -> None:
    """Spaces and empty places mean nothing."""
    found = parse_addresses("http://a:1, http://b:1,,http://a:1/")
    assert [str(address) for address in found] == ["http://a:1", "http://b:1"]
