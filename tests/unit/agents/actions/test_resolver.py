"""A host is looked up once, and what was looked at is what is connected to."""

import socket
from typing import Any

import pytest

from agents.actions.resolver import AddressRefused, GuardedResolver


class Names:
    """Answers as a name's owner likes."""

    def __init__(self, *addresses: str) -> None:
        self.addresses, self.asked = addresses, 0

    async def __call__(self, host: str, port: int, **_: Any) -> list[Any]:
        self.asked += 1
        kinds = {False: socket.AF_INET, True: socket.AF_INET6}
        return [
            (kinds[":" in one], socket.SOCK_STREAM, 6, "", (one, port)) for one in self.addresses
        ]


async def test_public_addresses_are_returned_as_numbers() -> None:
    """Aiohttp looks nothing up again; the host's name stays beside, for TLS."""
    names = Names("93.184.216.34", "2606:4700:4700::1111")
    found = await GuardedResolver(lookup=names).resolve("shop.example", 443)
    assert [(one["host"], one["port"]) for one in found] == [
        ("93.184.216.34", 443),
        ("2606:4700:4700::1111", 443),
    ]
    assert {one["hostname"] for one in found} == {"shop.example"}
    assert all(one["flags"] & socket.AI_NUMERICHOST for one in found)
    assert names.asked == 1


@pytest.mark.parametrize(
    "addresses",
    [
        ("127.0.0.1",),
        ("169.254.169.254",),
        ("93.184.216.34", "10.0.0.1"),
        ("::ffff:192.168.0.1",),
    ],
)
async def test_a_name_that_points_inside_is_refused_whole(addresses: tuple[str, ...]) -> None:
    """One private address among public ones is enough: which is tried is not ours to say."""
    with pytest.raises(AddressRefused):
        await GuardedResolver(lookup=Names(*addresses)).resolve("shop.example", 443)


async def test_hosts_that_the_settings_name_may_be_anywhere() -> None:
    """They, and no others."""
    resolver = GuardedResolver(["orders.internal"], lookup=Names("10.0.0.1"))
    (found,) = await resolver.resolve("orders.internal", 443)
    assert found["host"] == "10.0.0.1"
    with pytest.raises(AddressRefused):
        await resolver.resolve("other.internal", 443)
