"""Names of legs, and what a bridge tells of one."""

import pytest

from shared.bridge.legs import (
    Gate,
    LegSpec,
    LegState,
    PeerSide,
    RoomSide,
    Side,
    call_of_leg,
    leg_id,
)
from shared.call.ids import CallId

CALL = CallId("b76b0836-8451-4600-8da4-a85cb93789e6")


def test_a_legs_name_tells_call_and_participant() -> None:
    """There and back."""
    assert call_of_leg(leg_id(CALL, "caller")) == (CALL, "caller")


@pytest.mark.parametrize("leg", ["", "one", f"wa-{CALL}", f"wa-{CALL}.", "wa-x.caller", ".caller"])
def test_a_strangers_leg_is_of_no_call(leg: str) -> None:
    """Other programs may use the same bridge."""
    assert call_of_leg(leg) is None


def test_no_secret_of_a_leg_is_shown() -> None:
    """Neither the token nor the description."""
    spec = LegSpec(
        id=leg_id(CALL, "caller"),
        room=RoomSide(url="ws://sfu", token="secret", track="t", hears="agent"),
        peer=PeerSide(offer="secret"),
    )
    assert "secret" not in repr(spec)
    assert spec.to_json()["room"]["token"] == spec.to_json()["peer"]["offer"] == "secret"


def test_a_state_is_read() -> None:
    """With what has come from and gone to both sides."""
    counts = {"packets": 5, "lost": 1, "jitter_ms": 0.5}
    sent = {"sent": 9, "filled": 2, "gaps": 1, "longest_gap_ms": 80}
    state = LegState.read(
        {
            "in_room": True,
            "participant": "PA_1",
            "generation": 2,
            "peer": {"state": "connected", "answered": True, "lost": False},
            "gates": {"room": "open", "peer": "held"},
            "received": {"room": counts, "peer": counts},
            "sent": {"room": sent, "peer": sent},
        }
    )
    assert state.gates == {Side.ROOM: Gate.OPEN, Side.PEER: Gate.HELD}
    assert (state.participant, state.peer.is_connected, state.peer.is_lost) == ("PA_1", True, False)
    assert (state.received[Side.PEER].lost, state.sent[Side.ROOM].longest_gap_ms) == (1, 80)
