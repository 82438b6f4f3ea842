"""The choice among several hops."""

from controlplane.rtpengine.address import HopAddress
from controlplane.rtpengine.hops import HopState, choose_hop

A, B, C = (HopAddress.parse(f"udp://127.0.0.{n}:2223") for n in (1, 2, 3))


def test_the_least_loaded_hop_takes_the_call() -> None:
    """Calls given since the last look count as well."""
    states = [
        HopState(address=A, is_well=True, calls=3),
        HopState(address=B, is_well=True, calls=1, given=1),
        HopState(address=C, is_well=False),
    ]
    assert choose_hop(states) == B
    assert choose_hop(states[::2]) == A


def test_without_a_well_hop_there_is_no_choice() -> None:
    """Whatever it carries."""
    assert choose_hop([HopState(address=C, is_well=False)]) is None
    assert choose_hop([]) is None


def test_of_equals_the_first_takes_it() -> None:
    """In the order of RTPENGINE_URL."""
    assert choose_hop([HopState(address=one, is_well=True) for one in (B, A)]) == B
