"""The operators' route to a call's recording: each side's sound, whole or in parts."""

import asyncio
import logging
from collections.abc import Callable
from datetime import datetime

from aiohttp import web

from controlplane.core.errors import FilesOutOfReach
from controlplane.core.recordings import SoundFiles, heard_file, heard_note, one_part
from controlplane.http.middleware import error_response
from controlplane.http.rooms import FindCall
from shared.call.recording import Sound
from shared.database.recordings import Recordings
from shared.database.store import CallStore

_log = logging.getLogger(__name__)

# a player that has enough takes nothing for as long as somebody listens; it asks again for the rest
_TAKEN_WITHIN_S = 30.0
_HEADERS = {
    "Content-Type": "audio/ogg; codecs=opus",
    # a voice is nobody else's: no cache keeps it, neither on the way nor in the browser
    "Cache-Control": "private, no-store",
    "Accept-Ranges": "bytes",
    "X-Content-Type-Options": "nosniff",
}


class RecordingRoutes:
    """`/calls/{call_id}/recording/...`, for whoever holds the key."""

    def __init__(
        self,
        rows: Recordings,
        store: CallStore,
        files: SoundFiles,
        find: FindCall,
        clock: Callable[[], datetime],
    ) -> None:
        """Take the rows, the timeline, who has the files, who finds calls, and the clock."""
        self._rows, self._store, self._files = rows, store, files
        self._find, self._clock = find, clock

    async def hear(self, request: web.Request) -> web.StreamResponse:
        """`GET /calls/{call_id}/recording/{side}`: its sound, or the `Range` of it."""
        call = await self._find(request)
        now, side = self._clock(), request.match_info["side"]
        recording = await self._rows.get_recording(call.id)
        file = heard_file(recording, side, now)
        assert recording is not None
        response: web.StreamResponse | None = None
        try:
            async with self._files.hear(
                recording, file, one_part(request.headers.get("Range"))
            ) as sound:
                if sound.status == 416:
                    return _no_such_part(sound)
                # it is known who heard it before anybody does
                await self._store.add_events([heard_note(call.id, side, now)])
                response = _beginning(sound)
                await response.prepare(request)
                await _pass_on(sound, request, response)
        except FilesOutOfReach:
            if response is None:
                raise
            # the rest will not come: the connection is closed, or it would be waited for
            response.force_close()
            _log.warning(
                "A recording broke off while somebody heard it.",
                extra={"action": "recording-broke-off", "call": call.id},
            )
        return response


def _beginning(sound: Sound) -> web.StreamResponse:
    response = web.StreamResponse(status=sound.status, headers=_HEADERS)
    response.content_length = sound.length
    if sound.content_range is not None:
        response.headers["Content-Range"] = sound.content_range
    return response


def _no_such_part(sound: Sound) -> web.Response:
    response = error_response(416, "no-such-part", "The recording is shorter than that.")
    response.headers["Cache-Control"] = _HEADERS["Cache-Control"]
    if sound.content_range is not None:
        response.headers["Content-Range"] = sound.content_range
    return response


async def _pass_on(sound: Sound, request: web.Request, response: web.StreamResponse) -> None:
    """Write it as fast as it is taken; who has gone, or takes nothing, is left."""
    async for chunk in sound.chunks:
        try:
            async with asyncio.timeout(_TAKEN_WITHIN_S):
                await response.write(chunk)
        except (ConnectionError, TimeoutError):
            if request.transport is not None:
                request.transport.abort()
            return
    await response.write_eof()
