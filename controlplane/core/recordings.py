"""What is to be done about a recording once nobody records any more. Pure."""

from datetime import datetime, timedelta
from typing import Protocol

from shared.call.call import Call
from shared.call.recording import Recording, RecordingStatus

_SETTLED_BY_ITS_WORKER_S = 60.0
# so long a media bridge may be away before its files count as lost
_LOST_AFTER = timedelta(days=2)


class FilesOutOfReach(Exception):
    """Who has the files does not answer, or refuses; they are asked again."""


class RecordingFiles(Protocol):
    """The files of recordings, wherever they are; everything raises `FilesOutOfReach`."""

    async def sizes(self, recording: Recording) -> dict[str, int]:
        """Return how many bytes each has; none: there is no recording."""

    async def delete(self, recording: Recording) -> None:
        """Delete them; harmless when repeated."""


def is_left_over(call: Call | None, now: datetime) -> bool:
    """Whether a call is over for so long that its worker will not settle its recording any more."""
    if call is None:
        return True
    return call.ended_at is not None and now - call.ended_at > timedelta(
        seconds=_SETTLED_BY_ITS_WORKER_S
    )


def verdict(
    recording: Recording, sizes: dict[str, int] | None, now: datetime
) -> RecordingStatus | None:
    """Say what a recording that was left over is; `None`: to be looked at again.

    `sizes`: of its files; `None`: who has them does not answer.
    """
    if sizes is None:
        return RecordingStatus.LOST if now - recording.began_at > _LOST_AFTER else None
    return RecordingStatus.KEPT if sizes else RecordingStatus.LOST
