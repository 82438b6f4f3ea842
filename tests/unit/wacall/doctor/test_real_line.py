"""What a real line must not be given: addresses that nobody can reach."""

import pytest

from wacall.doctor.real_line import judge_announced


@pytest.mark.parametrize(
    ("announced", "told"),
    [
        ({}, []),
        ({"SFU_NODE_IP": "8.8.8.8"}, []),
        ({"SFU_NODE_IP": "127.0.0.1"}, ["SFU_NODE_IP"]),
        ({"SFU_NODE_IP": "10.0.0.7"}, ["SFU_NODE_IP"]),
        ({"SFU_NODE_IP": "8.8.8.8", "BRIDGE_ADVERTISED_IP": "10.0.0.1"}, ["BRIDGE_ADVERTISED_IP"]),
        ({"SFU_NODE_IP": "8.8.8.8", "BRIDGE_ADVERTISED_IP": "8.8.8.8"}, []),
    ],
)
def test_addresses_that_meta_cannot_reach_are_told_by_their_variable(
    announced: dict[str, str], told: list[str]
) -> None:
    """The address, the variable, and what to set it to."""
    found = judge_announced(announced)
    assert [finding.message.split()[0] for finding in found] == told
    for variable, finding in zip(told, found, strict=True):
        assert announced[variable] in finding.message
        assert f"Set {variable} to this machine's public address" in finding.fix
