"""The files of recordings that media bridges have."""

from controlplane.core.recordings import FilesOutOfReach
from shared.bridge.address import BridgeAddress
from shared.bridge.client import BridgeClient
from shared.bridge.errors import BridgeRefused, BridgeUnreachable
from shared.bridge.fleet import Bridges
from shared.call.recording import Recording


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

    def _of(self, recording: Recording) -> BridgeClient:
        try:
            return self._bridges.client(BridgeAddress.parse(recording.bridge or ""))
        except ValueError as error:
            raise FilesOutOfReach from error
