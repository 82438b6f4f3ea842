"""What carries the callers' legs, built from the settings: media bridges."""

import aiohttp

from controlplane.bridge.legs import BridgeLegs, LegPatience
from controlplane.settings import Settings
from shared.bridge.fleet import Bridges
from shared.process.observing import ObserveRequest

# the time that a call may take besides: set-up, and an end that nobody could be told of
_LIFE_SPARE_S = 300.0


def make_bridges(
    settings: Settings, http: aiohttp.ClientSession, *, observe: ObserveRequest
) -> Bridges:
    """Return the media bridges that the settings name."""
    return Bridges(
        http,
        settings.bridge_urls,
        token=settings.bridge_token.get_secret_value(),
        timeout_s=settings.bridge_timeout_s,
        observe=observe,
    )


def make_legs(settings: Settings, bridges: Bridges) -> BridgeLegs:
    """Return the callers' legs on them."""
    patience = LegPatience(
        dead_s=settings.media_dead_s,
        ring_s=settings.ring_timeout_s + settings.media_timeout_s,
        life_s=settings.ring_timeout_s + settings.max_call_duration_s + _LIFE_SPARE_S,
    )
    return BridgeLegs(bridges, livekit_url=settings.livekit_url, patience=patience)
