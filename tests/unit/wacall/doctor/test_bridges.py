"""What the doctor says of a media bridge."""

import pytest

from shared.bridge.client import BridgeHealth
from wacall.doctor.bridges import judge_health


@pytest.mark.parametrize(
    ("legs", "draining", "status", "fix"),
    [
        (0, False, "ok", ""),
        (3, False, "ok", ""),
        (4, False, "warn", "BRIDGE_MAX_LEGS"),
        (1, True, "warn", "BRIDGE_URL"),
    ],
)
def test_a_bridge_without_room_takes_no_calls(
    legs: int, draining: bool, status: str, fix: str
) -> None:
    """Each finding names the variable that helps."""
    health = BridgeHealth(instance="i", legs=legs, max=4, draining=draining)
    finding = judge_health("http://10.0.0.5:7890", health)
    assert finding.status == status
    assert fix in finding.fix
    assert f"{legs} of 4 legs" in finding.message
