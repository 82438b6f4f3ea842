"""The recording of one call, if its profile wants one: told at the beginning, refused at any time.

The row is written before the first packet: files that no row knows of would be kept for ever.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from typing import Self

from agents.media.tape import CannotRecord, Tape
from agents.media.tool import Tool, ToolProblem, Turn
from agents.media.voice import Voice
from shared.call.ids import CallId
from shared.call.recording import RecordedFile, Recording, RecordingStatus, place_at
from shared.database.store import CallNotes
from shared.profiles.profile import Recording as RecordingWish

_log = logging.getLogger(__name__)

_WITHIN_S = 5.0
_DESCRIPTION = (
    "The customer does not want the call to be recorded: it stops, and what exists is deleted. At "
    "once when they say so, in whatever words; do not argue. Tell them, and go on with the call."
)
_STOPPED = "The recording has stopped, and what there was of it is deleted. Tell the customer so."
_NOT_STOPPED = (
    "The recording could not be stopped just now. Apologise, say that it will be deleted, and "
    "offer to go on without a call, by messages."
)


class Recorder:
    """Records one call; nothing here raises but the tool."""

    def __init__(
        self,
        call_id: CallId,
        keep_days: int | None,
        *,
        tape: Callable[[], Tape | None],
        store: Callable[[], Awaitable[CallNotes]],
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        """Take whose call it is, for how long it is kept, and the ways to bridge and database.

        Without `keep_days` the call is not recorded.

        `tape` returns nothing where nobody can record: the worker that decodes the sound itself.
        """
        self._call_id, self._keep_days = call_id, keep_days
        self._tape, self._store, self._now = tape, store, now
        self._name = Recording.id_of(call_id)
        self._began = self._has_spoken = False
        self._began_at: datetime | None = None

    @classmethod
    def of(
        cls,
        call_id: CallId,
        wanted: RecordingWish | None,
        voice: Voice,
        store: Callable[[], Awaitable[CallNotes]],
    ) -> Self:
        """Record a call as its profile says."""
        days = wanted.keep_days if wanted is not None else None
        return cls(call_id, days, tape=lambda: voice.tape, store=store)

    def tool(self) -> Tool:
        """Make the tool by which the customer refuses."""
        return Tool(
            name="declineRecording",
            description=_DESCRIPTION,
            parameters={"type": "object", "properties": {}, "additionalProperties": False},
            run=self._decline,
        )

    async def begin(self) -> None:
        """Record from now on, if that is wanted."""
        if self._keep_days is None:
            return
        tape = self._tape()
        if tape is None:
            _log.error(
                "The profile wants the call recorded, and nobody can: AGENT_MEDIA is `worker`.",
                extra={"action": "recording-unavailable"},
            )
            return
        try:
            now = self._now()
            recording = Recording(
                id=self._name,
                call_id=self._call_id,
                status=RecordingStatus.RECORDING,
                place=place_at(tape.bridge),
                began_at=now,
                keep_until=now + timedelta(days=self._keep_days),
            )
            async with asyncio.timeout(_WITHIN_S):
                await (await self._store()).add_recording(recording)
                await tape.begin(self._name)
                self._began = True
                # the row's own time is earlier, by what the database and the bridge took: whoever
                # seeks the words of a line in the sound would come too late by it
                self._began_at = self._now()
        except Exception as error:
            _log.error(
                "The call is not recorded.",
                extra={"action": "recording-not-begun", "error": _name_of(error)},
            )

    def resume(self) -> None:
        """Go on with what another worker has begun, if it has."""
        self._began = self._keep_days is not None

    def heard(self, speaker: str) -> None:
        """Learn who has said something."""
        self._has_spoken = self._has_spoken or speaker == "user"

    async def finish(self) -> None:
        """End the recording, and keep it; whoever has spoken had been told of it and went on."""
        tape = self._tape()
        if not self._began or tape is None:
            return
        try:
            async with asyncio.timeout(_WITHIN_S):
                await tape.end()
                store = await self._store()
                files = await tape.files(self._name)
                if await self._settle(store, RecordingStatus.KEPT, files) and self._has_spoken:
                    await store.recording_consent(self._call_id, True)
        except Exception as error:
            # the control plane settles what still goes on after its call
            _log.error(
                "A recording was not settled.",
                extra={"action": "recording-unsettled", "error": _name_of(error)},
            )

    async def _decline(self, _: dict[str, object], __: Turn) -> str:
        tape = self._tape()
        try:
            async with asyncio.timeout(_WITHIN_S):
                store = await self._store()
                # first of all that it has to go: whatever fails after this, it will be deleted
                await self._settle(store, RecordingStatus.DECLINED, {})
                await store.recording_consent(self._call_id, False)
                if tape is not None:
                    await tape.end()
                    await tape.delete(self._name)
        except Exception as error:
            _log.error(
                "A refused recording was not deleted.",
                extra={"action": "recording-not-deleted", "error": _name_of(error)},
            )
            raise ToolProblem(_NOT_STOPPED) from None
        self._began = False
        _log.info("The recording was refused.", extra={"action": "recording-declined"})
        return _STOPPED

    async def _settle(
        self, store: CallNotes, status: RecordingStatus, files: dict[str, int]
    ) -> bool:
        return await store.settle_recording(
            self._name,
            status,
            files=[RecordedFile(name=name, bytes=size) for name, size in sorted(files.items())],
            at=self._now(),
            began_at=self._began_at,
        )


def _name_of(error: Exception) -> str:
    cause = error.__cause__ if isinstance(error, CannotRecord) else None
    return type(cause or error).__name__
