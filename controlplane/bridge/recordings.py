"""The files of recordings that media bridges have."""

import contextlib
from collections.abc import AsyncIterator

from controlplane.core.errors import FilesOutOfReach, NoRecording
from shared.bridge.address import BridgeAddress
from shared.bridge.client import BridgeClient
from shared.bridge.errors import BridgeRefused, BridgeUnreachable
from shared.bridge.fleet import Bridges
from shared.call.recording import RecordedFile, Recording, Sound

_GONE = "The recording is not where it was: its media bridge has no such file."


class BridgeRecordings:
    """`RecordingFiles` in the folders of media bridges."""

    def __init__(self, bridges: Bridges) -> None:
        """Take the ways to the bridges."""
        self._bridges = bridges

    async def sizes(self, recording: Recording) -> dict[str, int]:
        """Return how many bytes each has; none: there is no recording."""
        try:
            return await self._of(recording).recorded(recording.id)
        except (BridgeUnreachable, BridgeRefused) as error:
            raise FilesOutOfReach from error

    async def delete(self, recording: Recording) -> None:
        """Delete them; harmless when repeated."""
        try:
            await self._of(recording).forget_recording(recording.id)
        except (BridgeUnreachable, BridgeRefused) as error:
            raise FilesOutOfReach from error

    @contextlib.asynccontextmanager
    async def hear(
        self, recording: Recording, file: RecordedFile, part: str | None
    ) -> AsyncIterator[Sound]:
        """Open one; raises `NoRecording` if it is not there."""
        try:
            async with self._of(recording).sound(recording.id, file.name, part) as sound:
                yield sound
        except BridgeRefused as error:
            if error.refusal == "no-recording":
                raise NoRecording(_GONE) from error
            raise FilesOutOfReach from error
        except BridgeUnreachable as error:
            raise FilesOutOfReach from error

    def _of(self, recording: Recording) -> BridgeClient:
        try:
            return self._bridges.client(BridgeAddress.parse(recording.bridge or ""))
        except ValueError as error:
            raise FilesOutOfReach from error
