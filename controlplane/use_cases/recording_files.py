"""The files of recordings, wherever they are: with a media bridge, or in a bucket."""

import contextlib
from collections.abc import AsyncIterator, Callable
from typing import Protocol

from controlplane.core.errors import FilesOutOfReach, NoRecording
from controlplane.core.recordings import RecordingFiles, SoundFiles
from shared.call.errors import StoreUnavailable
from shared.call.recording import FILE_NAMES, RecordedFile, Recording, Sound
from shared.database.bucket import Bucket
from shared.database.faults import StorageRefused

_GONE = "The recording is not where it was: the bucket has no such file."


class Folders(RecordingFiles, SoundFiles, Protocol):
    """The folders of the media bridges."""


class KeptFiles:
    """`RecordingFiles` and `SoundFiles` of every place."""

    def __init__(self, folders: Folders, bucket: Callable[[str], Bucket], moved_to: str | None):
        """Take both kinds, and the bucket that recordings are moved to, if any."""
        self._folders, self._bucket, self._moved_to = folders, bucket, moved_to

    async def sizes(self, recording: Recording) -> dict[str, int]:
        """Return how many bytes each has; none: there is no recording."""
        if recording.bucket is None:
            return await self._folders.sizes(recording)
        return {file.name: file.bytes for file in recording.files}

    async def delete(self, recording: Recording) -> None:
        """Delete them; harmless when repeated.

        A process that died while it moved them has left them in both places.
        """
        if recording.bridge is not None:
            await self._folders.delete(recording)
        name = recording.bucket or self._moved_to
        if name is None:
            return
        try:
            await self._bucket(name).remove([path_of(recording, one) for one in FILE_NAMES])
        except StoreUnavailable as error:
            raise FilesOutOfReach from error

    @contextlib.asynccontextmanager
    async def hear(
        self, recording: Recording, file: RecordedFile, part: str | None
    ) -> AsyncIterator[Sound]:
        """Open one; raises `NoRecording` if it is not there."""
        if recording.bucket is None:
            async with self._folders.hear(recording, file, part) as sound:
                yield sound
            return
        try:
            path = path_of(recording, file.name)
            async with self._bucket(recording.bucket).sound(path, part) as sound:
                yield sound
        except StorageRefused as error:
            if error.is_missing:
                raise NoRecording(_GONE) from error
            raise FilesOutOfReach from error
        except StoreUnavailable as error:
            raise FilesOutOfReach from error


def path_of(recording: Recording, name: str) -> str:
    """Return where a file is in a bucket: by the recording's id, which tells nothing of a call."""
    return f"{recording.id}/{name}"
