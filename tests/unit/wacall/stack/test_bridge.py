"""How the embedded media bridge is started."""

from collections.abc import Mapping

import pytest

from wacall.stack.bridge import variables_of


@pytest.mark.parametrize(
    ("configured", "told"),
    [
        ({}, {"BRIDGE_LOOPBACK": "1"}),
        ({"SFU_NODE_IP": "127.0.0.1"}, {"BRIDGE_LOOPBACK": "1"}),
        ({"SFU_NODE_IP": "203.0.113.7"}, {"BRIDGE_ADVERTISED_IP": "203.0.113.7"}),
        (
            {"SFU_NODE_IP": "203.0.113.7", "BRIDGE_ADVERTISED_IP": "203.0.113.8"},
            {"BRIDGE_ADVERTISED_IP": "203.0.113.8"},
        ),
        (
            {"BRIDGE_UDP_PORTS": "40000-40999", "BRIDGE_MAX_LEGS": ""},
            {"BRIDGE_UDP_PORTS": "40000-40999", "BRIDGE_LOOPBACK": "1"},
        ),
        ({"BRIDGE_LISTEN": "0.0.0.0:1", "OPENAI_API_KEY": "sk"}, {"BRIDGE_LOOPBACK": "1"}),
    ],
)
def test_the_embedded_bridge_is_told_of_its_network_alone(
    configured: Mapping[str, str], told: Mapping[str, str]
) -> None:
    """Loopback is offered unless the public address is: a 1:1 NAT maps that one too."""
    assert variables_of(configured) == told
