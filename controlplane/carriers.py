"""What carries the callers' legs and keeps their sound, built from the settings."""

from collections.abc import Callable
from datetime import datetime

import aiohttp

from controlplane.bridge.legs import BridgeLegs, LegPatience
from controlplane.bridge.recordings import BridgeRecordings
from controlplane.settings import Settings
from controlplane.use_cases.recording_files import KeptFiles
from controlplane.use_cases.recording_move import RecordingMove
from controlplane.use_cases.recordings import RecordingCare
from shared.bridge.fleet import Bridges
from shared.database.bucket import Bucket
from shared.database.recordings import Recordings
from shared.database.rest import RestClient
from shared.database.retention import Expiry
from shared.database.store import CallStore
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


def make_recordings(
    settings: Settings,
    rest: RestClient,
    http: aiohttp.ClientSession,
    *,
    bridges: Bridges,
    store: CallStore,
    clock: Callable[[], datetime],
    observe: ObserveRequest,
) -> tuple[KeptFiles, RecordingCare]:
    """Return who has the files of recordings, and who looks after them."""

    def bucket(name: str) -> Bucket:
        return Bucket(rest, http, name, observe=observe)

    rows, folders, name = Recordings(rest), BridgeRecordings(bridges), settings.recordings_bucket
    files = KeptFiles(folders, bucket, name)
    move = RecordingMove(rows, folders, bucket(name)) if name is not None else None
    return files, RecordingCare(rows, store, Expiry(rest), files, clock, move)
