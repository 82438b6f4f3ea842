"""The fleet of media hops: which are well, which one takes the next call, the way to each.

A call stays on the hop that took it: its row keeps the address, and `passage_of` finds the way
there on any replica, also after the hop has left the configuration. What is done on it for one
call is `passage`'s.
"""

import asyncio
import dataclasses
import logging
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import aiohttp

from controlplane.core.errors import HopRefused, HopUnreachable, NoHop
from controlplane.rtpengine.address import HopAddress
from controlplane.rtpengine.client import NgClient
from controlplane.rtpengine.passage import HopInterfaces, NgPassage
from controlplane.rtpengine.transport import open_transport
from shared.call.call import Call
from shared.process.observing import ObserveRequest

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class HopState:
    """What is known of one hop."""

    address: HopAddress
    is_well: bool = False
    calls: int = 0
    """At the last look."""
    given: int = 0
    """Calls that this process has given it since."""

    @property
    def load(self) -> int:
        """What counts in the choice."""
        return self.calls + self.given


def choose_hop(states: Iterable[HopState]) -> HopAddress | None:
    """Choose the least loaded hop that is well; of equals the first. Pure."""
    fit = [state for state in states if state.is_well]
    return min(fit, key=lambda state: state.load).address if fit else None


class Hops:
    """All hops of the configuration, looked at every few seconds."""

    def __init__(
        self,
        http: aiohttp.ClientSession,
        addresses: Sequence[HopAddress],
        *,
        timeout_s: float,
        interfaces: HopInterfaces | None = None,
        observe: ObserveRequest = lambda *_: None,
    ) -> None:
        """Take RTPENGINE_URL's addresses."""
        self._http = http
        self._timeout_s = timeout_s
        self._interfaces = interfaces
        self._observe = observe
        self._states = {address: HopState(address=address) for address in addresses}
        self._clients: dict[HopAddress, NgClient] = {}

    @property
    def states(self) -> list[HopState]:
        """What is known now."""
        return list(self._states.values())

    async def close(self) -> None:
        """Free the ways to the hops."""
        for client in self._clients.values():
            await client.close()

    async def choose(self) -> str:
        """Return the address of the hop for a new call, as the call's row keeps it.

        Raises:
            NoHop: none is configured, or none is well.
        """
        found = choose_hop(self.states)
        if found is None:
            # one may have come back since the last look
            await self.look()
            found = choose_hop(self.states)
        if found is None:
            raise NoHop
        state = self._states[found]
        self._states[found] = dataclasses.replace(state, given=state.given + 1)
        return str(found)

    def client(self, address: HopAddress | str) -> NgClient:
        """Return the client for the address that a call's row keeps.

        Raises:
            ValueError: the text is no hop's address.
        """
        found = HopAddress.parse(address) if isinstance(address, str) else address
        if found not in self._clients:
            self._clients[found] = NgClient(
                open_transport(found, self._http),
                address=found,
                timeout_s=self._timeout_s,
                observe=self._observe,
            )
        return self._clients[found]

    def passage_of(self, call: Call) -> NgPassage:
        """Return the way of this call through the hop that its row names.

        Raises:
            NoHop: the row names none.
        """
        if call.hop is None:
            raise NoHop
        return NgPassage(self.client(call.hop), call.id, interfaces=self._interfaces)

    async def look(self) -> None:
        """Ask every hop how many calls it carries."""
        looks = await asyncio.gather(*(self._look_at(address) for address in self._states))
        for before, after in zip(self.states, looks, strict=True):
            if after.is_well and not before.is_well:
                _log.info(
                    "A media hop is well.",
                    extra={"action": "hop-well", "hop": str(after.address)},
                )
            elif before.is_well and not after.is_well:
                _log.warning(
                    "A media hop is not well.",
                    extra={"action": "hop-unwell", "hop": str(after.address)},
                )
        self._states = {state.address: state for state in looks}

    async def _look_at(self, address: HopAddress) -> HopState:
        try:
            calls = await self.client(address).count_calls()
        except (HopUnreachable, HopRefused):
            return HopState(address=address)
        return HopState(address=address, is_well=True, calls=calls)
