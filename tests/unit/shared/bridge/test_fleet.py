"""Which media bridge takes the next leg."""

import pytest

from shared.bridge.address import BridgeAddress
from shared.bridge.client import BridgeHealth
from shared.bridge.fleet import choose_bridge

A, B = BridgeAddress.parse("http://a:1"), BridgeAddress.parse("http://b:1")


def health(legs: int, *, most: int = 10, draining: bool = False) -> BridgeHealth:
    return BridgeHealth(instance="i", legs=legs, max=most, draining=draining)


@pytest.mark.parametrize(
    ("a", "b", "given", "chosen"),
    [
        (health(3), health(2), {}, B),
        (health(2), health(2), {}, A),
        # sent there a moment ago, and not counted yet
        (health(2), health(2), {A: 1}, B),
        (health(2, most=2), health(9), {}, B),
        (health(0, draining=True), health(9), {}, B),
        (health(10), health(0, draining=True), {}, None),
    ],
)
def test_the_least_loaded_that_has_room(
    a: BridgeHealth, b: BridgeHealth, given: dict[BridgeAddress, int], chosen: BridgeAddress | None
) -> None:
    """A full or draining one is never chosen, however few legs it has."""
    assert choose_bridge({A: a, B: b}, given) == chosen


def test_of_none_none_is_chosen() -> None:
    """No bridge answers."""
    assert choose_bridge({}, {}) is None
