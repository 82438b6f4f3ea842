"""A recording of a call: where its sound is, and until when. Pure data."""

import uuid
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from shared.call.ids import CallId

_NAMES = uuid.UUID("3f2b8a52-6f0f-4a3c-9d6a-0c7f8e2b1a94")
# of a leg of a media bridge, by the side that a stream goes to
_SIDES = {"room.opus": "agent", "peer.opus": "caller"}


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

    @staticmethod
    def id_of(call_id: CallId) -> str:
        """Name a call's recording: whoever takes the call over knows it."""
        return str(uuid.uuid5(_NAMES, call_id))

    @property
    def bridge(self) -> str | None:
        """The address of the media bridge that has the files; `None`: they are in a bucket."""
        kind, _, address = self.place.partition(" ")
        return address if kind == "folder" else None


def place_at(bridge: str) -> str:
    """Say that the files are in the folder of a media bridge."""
    return f"folder {bridge}"


def place_in(bucket: str) -> str:
    """Say that the files are in a bucket of the Supabase project."""
    return f"bucket {bucket}"
