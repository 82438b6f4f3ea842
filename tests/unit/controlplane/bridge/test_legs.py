"""The way to a call's leg, from what its row says."""

import dataclasses
from datetime import UTC, datetime

import aiohttp
import pytest

from controlplane.bridge.legs import BridgeLegs, LegPatience
from shared.bridge.errors import NoBridge
from shared.bridge.fleet import Bridges
from shared.call.call import Call, CallStatus, Direction
from shared.call.ids import CallId, PhoneNumberId
from shared.call.person import Party

CALL = Call(
    id=CallId("b76b0836-8451-4600-8da4-a85cb93789e6"),
    wacid=None,
    direction=Direction.OUTBOUND,
    status=CallStatus.RINGING,
    phone_number_id=PhoneNumberId("1"),
    party=Party(),
    created_at=datetime(2026, 11, 27, tzinfo=UTC),
)
NOWHERE = "http://127.0.0.1:9"


async def test_a_leg_is_found_where_its_row_says() -> None:
    """Also after that bridge has left the configuration; of what no bridge is, there is none."""
    async with aiohttp.ClientSession() as http:
        bridges = Bridges(http, (), token="", timeout_s=1)
        patience = LegPatience(dead_s=20, ring_s=45, life_s=3600)
        legs = BridgeLegs(bridges, livekit_url="ws://sfu", patience=patience)
        leg = legs.leg_of(dataclasses.replace(CALL, bridge=NOWHERE))
        # nobody listens there: what it had is gone
        assert await leg.release() is False
        assert await legs.holds(NOWHERE) == frozenset()
        for address in (None, "", "udp://127.0.0.1:2223"):
            with pytest.raises(NoBridge):
                legs.leg_of(dataclasses.replace(CALL, bridge=address))
