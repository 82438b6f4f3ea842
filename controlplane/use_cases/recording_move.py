"""Move recordings out of the media bridges' folders into the bucket, once their calls are over.

In this order, so that whoever dies in between leaves nothing that no row knows of: the bucket has
the file whole; the folder's copy is deleted; the row says where it is. A row that still says
`folder` is begun again, and its deletion looks in both places.
"""

import asyncio
import logging
import time
from collections.abc import Callable

from controlplane.core.errors import FilesOutOfReach, NoRecording
from controlplane.use_cases.recording_files import Folders, path_of
from shared.call.errors import StoreUnavailable
from shared.call.recording import RecordedFile, Recording, place_in
from shared.database.bucket import Bucket
from shared.database.recordings import Recordings

_log = logging.getLogger(__name__)

FOR_S = 120.0
"""How long one look may go on; what is left is moved by the next one."""
_FILE_WITHIN_S = 90.0
_AT_ONCE = 20
# they are named in the next request, whose address has an end
_MOST_LEFT = 50


class RecordingMove:
    """Moves; everything that fails is tried again a minute later, by whoever looks then."""

    def __init__(
        self,
        rows: Recordings,
        folders: Folders,
        bucket: Bucket,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        """Take the rows, where the files are and shall be, and a clock."""
        self._rows, self._folders, self._bucket = rows, folders, bucket
        self._monotonic = monotonic

    async def look(self) -> None:
        """Move what has to be; one bridge that is away holds up no other one's."""
        ends_at = self._monotonic() + FOR_S
        left: set[str] = set()
        away: set[str] = set()
        moved = 0
        try:
            if not await self._is_fit():
                return
            while waiting := await self._rows.kept_in_folders(
                at_most=_AT_ONCE, but=left, but_at=away
            ):
                for recording in waiting:
                    if self._monotonic() > ends_at or len(left) > _MOST_LEFT:
                        return
                    if recording.place in away:
                        continue
                    try:
                        await self._move(recording)
                        moved += 1
                    except FilesOutOfReach:
                        away.add(recording.place)
                    except NoRecording:
                        left.add(recording.id)
        except StoreUnavailable as error:
            _log.error(
                "Recordings cannot be moved into the bucket; they are tried again.",
                extra={"action": "recordings-not-moved", "error": type(error).__name__},
            )
        finally:
            self._tell(moved, len(left) + len(away))

    def _tell(self, moved: int, left: int) -> None:
        if moved:
            _log.info(
                "Recordings were moved into the bucket.",
                extra={"action": "recordings-moved", "count": moved},
            )
        if left:
            _log.warning(
                "Media bridges are away, or lack a recording; it is tried again to move them.",
                extra={"action": "recordings-left", "count": left},
            )

    async def _is_fit(self) -> bool:
        """Whether the bucket is there, and nobody else's: a voice is not put where all can read."""
        is_public = await self._bucket.is_public()
        if is_public is False:
            return True
        _log.error(
            "Recordings stay with their media bridges: the bucket is public, or not there.",
            extra={"action": "recordings-bucket-unfit", "public": bool(is_public)},
        )
        return False

    async def _move(self, recording: Recording) -> None:
        for file in recording.files:
            # an earlier look may have come so far, and deleted the folder's copy
            if await self._bucket.size_of(path_of(recording, file.name)) != file.bytes:
                await self._copy(recording, file)
        await self._folders.delete(recording)
        here, there = recording.place, place_in(self._bucket.name)
        if not await self._rows.move_recording(recording.id, from_place=here, to_place=there):
            # its person was erased meanwhile, or the call purged
            await self._bucket.remove([path_of(recording, file.name) for file in recording.files])

    async def _copy(self, recording: Recording, file: RecordedFile) -> None:
        path = path_of(recording, file.name)
        try:
            async with (
                asyncio.timeout(_FILE_WITHIN_S),
                self._folders.hear(recording, file, None) as sound,
            ):
                length = sound.length if sound.length is not None else file.bytes
                await self._bucket.put(path, sound.chunks, length)
        except TimeoutError as error:
            raise StoreUnavailable("A recording could not be stored in time.") from error
        if await self._bucket.size_of(path) != length:
            raise StoreUnavailable("The bucket does not have all of a recording.")
