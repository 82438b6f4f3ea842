"""A recording of a call: where its sound is, and until when. Pure data."""

import uuid
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Self

from shared.call.ids import CallId

_NAMES = uuid.UUID("3f2b8a52-6f0f-4a3c-9d6a-0c7f8e2b1a94")
# of a leg of a media bridge, by the side that a stream goes to
_SIDES = {"room.opus": "agent", "peer.opus": "caller"}

FILE_NAMES = tuple(_SIDES)
"""What the files of a recording are called."""
SIDES = ("agent", "caller")
"""Whose voices a recording has, each in a file of its own; the files are in step."""


class RecordingStatus(StrEnum):
    """What has become of it; `recordings.status`."""

    RECORDING = "recording"
    KEPT = "kept"
    DECLINED = "declined"
    """The person refused: its files have to go."""
    LOST = "lost"
    """With the bridge that had it, or it was never begun."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordedFile:
    """One side of a recording, as Ogg Opus."""

    name: str
    bytes: int

    @property
    def side(self) -> str:
        """Whose voice it is: `agent` or `caller`."""
        return _SIDES.get(self.name, "")


@dataclass(frozen=True, slots=True, kw_only=True)
class Recording:
    """One row of `recordings`; it stays until the files are deleted."""

    id: str
    """UUID; names the files."""
    call_id: CallId | None
    """`None`: the call is deleted, and the files have to go."""
    status: RecordingStatus
    place: str
    """`folder <address of the media bridge>`, or `bucket <its name>`."""
    files: tuple[RecordedFile, ...] = ()
    began_at: datetime
    ended_at: datetime | None = None
    keep_until: datetime | None = None
    deleted_at: datetime | None = None
    """When the files were deleted."""

    @staticmethod
    def id_of(call_id: CallId) -> str:
        """Name a call's recording: whoever takes the call over knows it."""
        return str(uuid.uuid5(_NAMES, call_id))

    @property
    def bridge(self) -> str | None:
        """The address of the media bridge that has the files; `None`: they are in a bucket."""
        kind, _, address = self.place.partition(" ")
        return address if kind == "folder" else None

    @property
    def bucket(self) -> str | None:
        """The bucket of the Supabase project that has the files; `None`: a media bridge has."""
        kind, _, name = self.place.partition(" ")
        return name if kind == "bucket" else None

    def file_of(self, side: str) -> RecordedFile | None:
        """Return the file with this side's voice."""
        return next((file for file in self.files if file.side == side), None)


SOUND_STATUSES = (200, 206, 416)
"""What an HTTP answer with sound, or a refused part of it, may have."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sound:
    """A file of a recording, or the part of it that was asked for, as it comes."""

    status: int
    """HTTP's: 200 the whole, 206 a part, 416 there is no such part (RFC 9110, section 14)."""
    length: int | None
    """Bytes of what comes; `None`: who has the file does not say."""
    content_range: str | None
    """Of a part: which one it is, as HTTP writes it."""
    chunks: AsyncIterator[bytes] = field(repr=False)

    @classmethod
    def of(cls, status: int, headers: Mapping[str, str], chunks: AsyncIterator[bytes]) -> Self:
        """Take an HTTP answer of such a status."""
        length = headers.get("Content-Length", "")
        return cls(
            status=status,
            length=int(length) if length.isascii() and length.isdigit() else None,
            content_range=headers.get("Content-Range"),
            chunks=chunks,
        )


def place_at(bridge: str) -> str:
    """Say that the files are in the folder of a media bridge."""
    return f"folder {bridge}"


def place_in(bucket: str) -> str:
    """Say that the files are in a bucket of the Supabase project."""
    return f"bucket {bucket}"
