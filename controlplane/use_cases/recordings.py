"""Look after recordings once their calls are over: settle what was left, delete what has to go.

Wherever a row loses its call (its time is over, its person is erased), the files follow.
"""

import contextlib
import logging
from collections.abc import Callable
from datetime import datetime

from controlplane.core.errors import FilesOutOfReach
from controlplane.core.recordings import RecordingFiles, is_left_over, verdict
from controlplane.use_cases.recording_move import RecordingMove
from shared.call.errors import CallNotFound
from shared.call.ids import CallId
from shared.call.recording import RecordedFile, Recording
from shared.database.recordings import Recordings
from shared.database.retention import Expiry
from shared.database.store import CallStore
from shared.process.of_call import working_for

_log = logging.getLogger(__name__)

LOOK_EVERY_S = 60.0
"""How often each replica asks whether it is its turn: who is erased is not to wait a day."""
_CHORE = "recordings"
# longer than any look: nobody deletes what somebody else is just moving
_LEASE_S = 290.0
_AT_ONCE = 100


class RecordingCare:
    """One look is a turn of a loop; of the replicas one looks."""

    def __init__(
        self,
        rows: Recordings,
        calls: CallStore,
        chores: Expiry,
        files: RecordingFiles,
        now: Callable[[], datetime],
        move: RecordingMove | None = None,
    ) -> None:
        """Take the rows, who has the files, the clock, and who moves files, if they are moved."""
        self._move = move
        self._rows, self._calls, self._chores = rows, calls, chores
        self._files, self._now = files, now

    async def look_if_due(self) -> None:
        """Look, if nobody else has just done so."""
        if await self._chores.claim(_CHORE, every_s=LOOK_EVERY_S, lease_s=_LEASE_S):
            await self.look()
            await self._chores.finish(_CHORE)

    async def look(self) -> None:
        """Settle, delete, and move what stays."""
        for recording in await self._rows.open_recordings(at_most=_AT_ONCE):
            await self._settle(recording)
        gone = failed = 0
        for recording in await self._rows.recordings_to_delete(self._now(), at_most=_AT_ONCE):
            try:
                await self._files.delete(recording)
            except FilesOutOfReach:
                failed += 1
                continue
            await self._rows.recording_gone(recording.id)
            gone += 1
        if gone:
            _log.info(
                "Recordings were deleted.", extra={"action": "recordings-deleted", "count": gone}
            )
        if failed:
            _log.error(
                "Recordings that have to go cannot be reached; they are tried again.",
                extra={"action": "recordings-out-of-reach", "count": failed},
            )

        if self._move is not None:
            await self._move.look()

    async def _settle(self, recording: Recording) -> None:
        """End a recording whose worker has not."""
        call_id = recording.call_id
        if call_id is not None:
            with working_for(call_id):
                await self._settle_of(call_id, recording)

    async def _settle_of(self, call_id: CallId, recording: Recording) -> None:
        call, now = await self._calls.get_call(call_id), self._now()
        if call is None or not is_left_over(call, now):
            return
        try:
            sizes = await self._files.sizes(recording)
        except FilesOutOfReach:
            sizes = None
        status = verdict(recording, sizes, now)
        if status is None:
            return
        files = [RecordedFile(name=name, bytes=size) for name, size in (sizes or {}).items()]
        at = call.ended_at or now
        await self._rows.settle_recording(recording.id, status, files=files, at=at)
        if files and any(
            one.speaker == "user" for one in await self._calls.list_transcripts(call_id)
        ):
            # a person without a name has no ledger
            with contextlib.suppress(CallNotFound):
                await self._rows.recording_consent(call_id, True)
