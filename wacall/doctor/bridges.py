"""What the doctor sees of the media bridges: whether each is there, lets us in, and has room."""

from collections.abc import AsyncIterator

import aiohttp

from shared.bridge.client import BridgeHealth
from shared.bridge.errors import BridgeRefused, BridgeUnreachable
from shared.bridge.fleet import Bridges
from shared.bridge.settings import BridgeSettings
from wacall.doctor.findings import Finding, fail, ok, warn

_ABOUT = "bridge"


async def look_at_bridges(
    settings: BridgeSettings, http: aiohttp.ClientSession
) -> AsyncIterator[Finding]:
    """Ask every media bridge that is configured how full it is, and whether it takes orders."""
    if not settings.bridge_urls:
        yield warn(
            _ABOUT,
            "BRIDGE_URL is not set, so no outbound calls can be placed.",
            "Let `wacall up` start a media bridge, or name one that runs.",
        )
    bridges = Bridges(
        http,
        settings.bridge_urls,
        token=settings.bridge_token.get_secret_value(),
        timeout_s=settings.bridge_timeout_s,
    )
    try:
        for address in bridges.addresses:
            client = bridges.client(address)
            try:
                health = await client.health()
                # the first question is everybody's; this one needs the token
                await client.legs()
            except BridgeUnreachable as error:
                yield fail(_ABOUT, f"{address}: {error}", "Start it, or set BRIDGE_URL right.")
            except BridgeRefused as error:
                yield fail(_ABOUT, f"{address}: {error}", "Set BRIDGE_TOKEN alike on both sides.")
            else:
                yield judge_health(str(address), health)
    finally:
        await bridges.close()


def judge_health(address: str, health: BridgeHealth) -> Finding:
    """Say whether a bridge takes calls."""
    carries = f"{address} answers and carries {health.legs} of {health.max} legs"
    if health.draining:
        return warn(
            _ABOUT,
            f"{carries}, and takes no new ones: it is about to stop.",
            "Start another one, and name it in BRIDGE_URL.",
        )
    if not health.has_room:
        return warn(
            _ABOUT,
            f"{carries}: it takes no more calls.",
            "Raise BRIDGE_MAX_LEGS, or name a second bridge in BRIDGE_URL.",
        )
    return ok(_ABOUT, f"{carries}.")
