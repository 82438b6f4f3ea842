"""Control addresses of media hops: both transports, and never a public one."""

import pytest

from controlplane.rtpengine.address import HopAddress, NgTransport, is_public, parse_hops
from controlplane.settings import Settings
from tests.data.environment import LEAST


def test_both_forms_are_read_and_written() -> None:
    """What a row keeps of an address gives the address back."""
    for text in ("udp://127.0.0.1:2223", "http://10.0.0.4:2225", "udp://[::1]:2223"):
        assert str(HopAddress.parse(text)) == text
    assert HopAddress.parse("http://hop/").transport is NgTransport.HTTP


def test_the_port_has_a_default() -> None:
    """The packages of rtpengine listen on 2223."""
    assert HopAddress.parse("udp://hop").port == 2223


def test_several_hops_stand_with_commas() -> None:
    """In order, each once; nothing is no hop."""
    assert [str(one) for one in parse_hops("udp://a:1, udp://b:1,udp://a:1,")] == [
        "udp://a:1",
        "udp://b:1",
    ]
    assert parse_hops(" ") == ()


@pytest.mark.parametrize(
    "text",
    ["", "hop:2223", "tcp://hop:1", "udp://", "udp://hop:x", "udp://hop:0", "udp://hop:70000",
     "http://hop:1/ng", "http://user@hop:1", "udp://hop:1?x=1"],
)  # fmt: skip
def test_other_forms_are_refused(text: str) -> None:
    """With an example of what is meant."""
    with pytest.raises(ValueError, match=r"such as udp://127\.0\.0\.1:2223"):
        HopAddress.parse(text)


@pytest.mark.parametrize(
    "host", ["8.8.8.8", "0.0.0.0", "[::]", "[2606:4700::1111]", "[::ffff:8.8.8.8]", "224.0.0.1"]
)
def test_public_addresses_are_refused(host: str) -> None:
    """NG has no authentication: whoever reaches the port owns the calls."""
    with pytest.raises(ValueError, match="is a public address; rtpengine's control port has no"):
        HopAddress.parse(f"udp://{host}:2223")


@pytest.mark.parametrize("host", ["127.0.0.1", "10.1.2.3", "192.168.0.1", "::1", "fd00::1", "hop"])
def test_private_addresses_and_names_pass(host: str) -> None:
    """A name is judged once it is resolved."""
    assert not is_public(host)


def test_settings_name_the_variable() -> None:
    """A start with a public control address stops with one sentence."""
    with pytest.raises(ValueError, match=r"^RTPENGINE_URL is malformed: 8\.8\.8\.8 is a public"):
        Settings.from_env({**LEAST, "RTPENGINE_URL": "udp://8.8.8.8:2223"})
    settings = Settings.from_env({**LEAST, "RTPENGINE_URL": "udp://127.0.0.1:2223"})
    assert [str(one) for one in settings.rtpengine_hops] == ["udp://127.0.0.1:2223"]
    assert Settings.from_env(LEAST).rtpengine_hops == ()
