"""What is to be done about a recording once nobody records any more, and who may hear it. Pure."""

import re
import uuid
from contextlib import AbstractAsyncContextManager
from datetime import datetime, timedelta
from typing import Protocol

from controlplane.core.errors import NoRecording
from shared.call.call import Call
from shared.call.ids import CallId
from shared.call.recording import SIDES, RecordedFile, Recording, RecordingStatus, Sound
from shared.call.records import EventOutcome, EventRecord, EventSource

_SETTLED_BY_ITS_WORKER_S = 60.0
# so long a media bridge may be away before its files count as lost
_LOST_AFTER = timedelta(days=2)

HEARD = "recording-heard"
"""What stands on a call's timeline of whoever heard its recording."""
_ONE_HEARING_S = 600
_NOTES = uuid.UUID("b2f1c9d4-7a35-4c1e-9f0b-5d8e6a2c4f17")
# RFC 9110, section 14.1.2: from here to there, from here on, or so many at the end
_ONE_PART = re.compile(r"bytes=([0-9]{1,18}-[0-9]{0,18}|-[0-9]{1,18})")


class RecordingFiles(Protocol):
    """The files of recordings, wherever they are; everything raises
    `controlplane.core.errors.FilesOutOfReach`.
    """

    async def sizes(self, recording: Recording) -> dict[str, int]:
        """Return how many bytes each has; none: there is no recording."""

    async def delete(self, recording: Recording) -> None:
        """Delete them; harmless when repeated."""


class SoundFiles(Protocol):
    """The same files, for whoever hears them; raises `FilesOutOfReach` as well."""

    def hear(
        self, recording: Recording, file: RecordedFile, part: str | None
    ) -> AbstractAsyncContextManager[Sound]:
        """Open one; `part` as `one_part` reads it. Raises `NoRecording` too: it is not there."""


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


def why_unheard(recording: Recording | None, now: datetime) -> str | None:
    """Say why a call's recording cannot be heard, in a sentence; `None`: it can."""
    if recording is None:
        return (
            "The call was not recorded: its profile does not ask for it, the call never came so "
            "far, or the recording could not be begun, which the worker's log says."
        )
    if recording.status is RecordingStatus.DECLINED:
        return "The person refused the recording: it was stopped, and what there was is deleted."
    if recording.status is RecordingStatus.LOST:
        return "The recording is lost: it was never begun, or its media bridge is gone for good."
    if recording.deleted_at is not None:
        return "The recording is deleted: its days are over."
    if recording.keep_until is not None and recording.keep_until <= now:
        return "The days of the recording are over: it is being deleted."
    if recording.status is RecordingStatus.RECORDING:
        return "The call is still being recorded: it can be heard a minute after its end."
    if not any(recording.file_of(side) for side in SIDES):
        return "The recording has no sound: nothing was written before the call ended."
    return None


def heard_file(recording: Recording | None, side: str, now: datetime) -> RecordedFile:
    """Return the file with this side's voice, if it may be heard.

    Raises:
        NoRecording: it may not, or there is none; it says why.
    """
    if side not in SIDES:
        raise NoRecording("A recording has two sides: `agent` and `caller`.")
    if (why := why_unheard(recording, now)) is not None or recording is None:
        raise NoRecording(why)
    file = recording.file_of(side)
    if file is None:
        raise NoRecording("This side of the call was not recorded; the other one was.")
    return file


def one_part(asked: str | None) -> str | None:
    """Return the part that a `Range` asks for; `None`: the whole.

    Several parts at once, other units and what is malformed mean the whole: a server may ignore
    `Range` (RFC 9110, section 14.2).
    """
    part = (asked or "").replace(" ", "")
    return part if _ONE_PART.fullmatch(part) else None


def heard_note(call_id: CallId, side: str, now: datetime) -> EventRecord:
    """Make the entry of the timeline that says that a side was heard.

    A player asks for a file in many pieces: all requests within ten minutes are one entry.
    """
    span = int(now.timestamp() // _ONE_HEARING_S)
    return EventRecord(
        id=str(uuid.uuid5(_NOTES, f"{call_id}|{side}|{span}")),
        source=EventSource.OPERATOR,
        kind=HEARD,
        received_at=now,
        call_id=call_id,
        payload={"side": side},
        outcome=EventOutcome.RECORDED,
    )
