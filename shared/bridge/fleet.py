"""All media bridges of BRIDGE_URL: which one takes the next leg, and the way to each."""

import asyncio
import time
from collections.abc import Iterable, Mapping, Sequence

import aiohttp

from shared.bridge.address import BridgeAddress
from shared.bridge.client import BridgeClient, BridgeHealth
from shared.bridge.errors import BridgeRefused, BridgeUnreachable, NoBridge
from shared.process.observing import ObserveRequest

_HEALTH_WITHIN_S = 0.5
# one that did not answer costs the next callers nothing for so long
_SPARED_S = 2.0
# a leg that was given is counted by its bridge after so long at the latest
_UNSEEN_S = 3.0


def choose_bridge(
    healths: Mapping[BridgeAddress, BridgeHealth], given: Mapping[BridgeAddress, int]
) -> BridgeAddress | None:
    """Choose the least loaded bridge that has room; of equals the first. Pure.

    `given` counts legs that were lately sent there and may not show yet.
    """
    fit = [address for address, health in healths.items() if health.has_room]
    return min(fit, key=lambda at: healths[at].legs + given.get(at, 0), default=None)


class Bridges:
    """All bridges; holds the connections to them and nothing of a call."""

    def __init__(
        self,
        http: aiohttp.ClientSession,
        addresses: Sequence[BridgeAddress],
        *,
        token: str,
        timeout_s: float,
        observe: ObserveRequest = lambda *_: None,
    ) -> None:
        """Take the process's session, and what every bridge lets in."""
        self._http, self._token = http, token
        self._timeout_s, self._observe = timeout_s, observe
        self._addresses = tuple(addresses)
        self._clients: dict[BridgeAddress, BridgeClient] = {}
        self._sockets: list[aiohttp.ClientSession] = []
        self._spared: dict[BridgeAddress, float] = {}
        self._given: dict[BridgeAddress, list[float]] = {}

    @property
    def addresses(self) -> tuple[BridgeAddress, ...]:
        """Those of the configuration."""
        return self._addresses

    def client(self, address: BridgeAddress | str) -> BridgeClient:
        """Return the way to a bridge, also to one that the configuration no longer names.

        Raises:
            ValueError: the text is no address.
        """
        found = BridgeAddress.parse(address) if isinstance(address, str) else address
        if found not in self._clients:
            http = self._http
            if found.socket is not None:
                http = aiohttp.ClientSession(connector=aiohttp.UnixConnector(path=found.socket))
                self._sockets.append(http)
            self._clients[found] = BridgeClient(
                http, found, token=self._token, timeout_s=self._timeout_s, observe=self._observe
            )
        return self._clients[found]

    async def healths(self) -> dict[BridgeAddress, BridgeHealth]:
        """Ask all bridges how full they are; those that do not answer are missing."""
        now = time.monotonic()
        asked = [at for at in self._addresses if self._spared.get(at, 0) <= now]
        # better late than never: with all of them spared, ask all
        found = await self._ask(asked or self._addresses)
        return {address: health for address, health in found if health is not None}

    async def choose(self) -> BridgeAddress:
        """Return the bridge for a new leg.

        Where there is but one, nobody is asked: it refuses by itself what it cannot take.

        Raises:
            NoBridge: none is configured, well, and has room.
        """
        if len(self._addresses) == 1:
            return self._addresses[0]
        healths = await self.healths()
        now = time.monotonic()
        self._given = {
            address: [at for at in times if now - at < _UNSEEN_S]
            for address, times in self._given.items()
        }
        chosen = choose_bridge(healths, {at: len(times) for at, times in self._given.items()})
        if chosen is None:
            raise NoBridge
        self._given.setdefault(chosen, []).append(now)
        return chosen

    async def close(self) -> None:
        """Free the ways to the bridges."""
        for http in self._sockets:
            await http.close()

    async def _ask(
        self, addresses: Iterable[BridgeAddress]
    ) -> list[tuple[BridgeAddress, BridgeHealth | None]]:
        return list(await asyncio.gather(*(self._ask_one(address) for address in addresses)))

    async def _ask_one(self, address: BridgeAddress) -> tuple[BridgeAddress, BridgeHealth | None]:
        try:
            async with asyncio.timeout(_HEALTH_WITHIN_S):
                health = await self.client(address).health()
        except (BridgeUnreachable, BridgeRefused, TimeoutError):
            self._spared[address] = time.monotonic() + _SPARED_S
            return address, None
        self._spared.pop(address, None)
        return address, health
