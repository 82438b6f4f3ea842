"""A `Tape` by the media bridge that carries the agent's leg: Opus packets, as they are."""

from collections.abc import Awaitable, Callable
from typing import TypeVar

from agents.media.tape import CannotRecord
from shared.bridge.client import BridgeClient
from shared.bridge.errors import BridgeRefused, BridgeUnreachable, LegUnknown

_Read = TypeVar("_Read")


class BridgeTape:
    """Records one leg."""

    def __init__(self, client: BridgeClient, leg: str) -> None:
        """Take the way to the bridge, and the leg's name."""
        self._client, self._leg = client, leg

    @property
    def bridge(self) -> str:
        """The bridge's address."""
        return str(self._client.address)

    async def begin(self, name: str) -> None:
        """Write both sides into files of this name from now on."""
        await _told(lambda: self._client.record(self._leg, name))

    async def end(self) -> None:
        """End the files; a leg that is gone has ended them."""
        try:
            await _told(lambda: self._client.stop_recording(self._leg))
        except CannotRecord as error:
            if not isinstance(error.__cause__, LegUnknown):
                raise

    async def files(self, name: str) -> dict[str, int]:
        """Look at the files."""
        return await _told(lambda: self._client.recorded(name))

    async def delete(self, name: str) -> None:
        """Delete them."""
        await _told(lambda: self._client.forget_recording(name))


async def _told(order: Callable[[], Awaitable[_Read]]) -> _Read:
    try:
        return await order()
    except (BridgeUnreachable, BridgeRefused) as error:
        raise CannotRecord from error
