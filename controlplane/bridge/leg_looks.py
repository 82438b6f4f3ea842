"""What the media bridges count of the legs of all calls."""

import logging

from controlplane.core.live_rooms import LinkSeen
from shared.bridge.errors import BridgeRefused, BridgeUnreachable
from shared.bridge.fleet import Bridges
from shared.bridge.legs import Side, call_of_leg
from shared.call.ids import CallId

_log = logging.getLogger(__name__)


class BridgeLooks:
    """`LegLooks` by all bridges, one request to each."""

    def __init__(self, bridges: Bridges) -> None:
        """Take the ways to the bridges."""
        self._bridges = bridges

    async def links(self) -> dict[tuple[CallId, str], LinkSeen]:
        """Look at all legs; those of bridges that do not answer are left out."""
        found: dict[tuple[CallId, str], LinkSeen] = {}
        for address in self._bridges.addresses:
            try:
                legs = await self._bridges.client(address).leg_states()
            except (BridgeUnreachable, BridgeRefused) as error:
                _log.warning(
                    "A media bridge does not tell of its legs.",
                    extra={"action": "legs-unseen", "why": error.code},
                )
                continue
            for name, state in legs.items():
                of, received = call_of_leg(name), state.received[Side.PEER]
                if of is not None:
                    found[of] = LinkSeen(lost=received.lost, jitter_ms=received.jitter_ms)
        return found
