"""Looks a host up once, and has the connection go to what was looked at and to nothing else."""

import asyncio
import socket
from collections.abc import Awaitable, Callable, Collection, Sequence
from typing import Any

from aiohttp.abc import AbstractResolver, ResolveResult

from agents.actions.addresses import is_public

Lookup = Callable[..., Awaitable[Sequence[Any]]]
"""As the event loop's `getaddrinfo`."""


class AddressRefused(OSError):
    """The host has an address that is not of the public internet."""


class GuardedResolver(AbstractResolver):
    """aiohttp connects to the addresses that this returns; TLS still asks for the host's name."""

    def __init__(
        self, private_hosts: Collection[str] = (), *, lookup: Lookup | None = None
    ) -> None:
        """Take the hosts that may be anywhere (`ACTION_PRIVATE_HOSTS`), and who looks them up."""
        self._private_hosts = frozenset(private_hosts)
        self._lookup = lookup or asyncio.get_running_loop().getaddrinfo

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_INET
    ) -> list[ResolveResult]:
        """Look a host up.

        Raises:
            AddressRefused: one of its addresses is not public; of a mixture none is taken, for
                which of them is tried is up to whoever has the name.
        """
        found = await self._lookup(host, port, family=family, type=socket.SOCK_STREAM)
        addresses = [(family, str(place[0]), int(place[1])) for family, _, _, _, place in found]
        if host not in self._private_hosts and not all(is_public(one) for _, one, _ in addresses):
            raise AddressRefused
        return [
            ResolveResult(
                hostname=host, host=address, port=port, family=family, proto=0,
                flags=socket.AI_NUMERICHOST,
            )
            for family, address, port in addresses
        ]  # fmt: skip

    async def close(self) -> None:
        """Nothing is kept."""
