"""Notes of one worker under test: every write becomes a line of a file that the test reads."""

import json
import os
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

from agents.settings import Settings
from shared.call.call import EndReason
from shared.call.ids import CallId
from shared.call.measured_turn import MeasuredTurn
from shared.call.recording import RecordedFile, Recording, RecordingStatus
from shared.call.records import EventRecord, FollowUp, Lead, ToolCall, TranscriptTurn
from shared.database.store import CallNotes
from tests.memory_notes import MemoryNotes

VARIABLE = "TEST_JOURNAL"


class JournalNotes(MemoryNotes):
    """The agent's notes in memory, with a journal of the writes."""

    def __init__(self, path: Path, *calls: CallId) -> None:
        super().__init__(*calls)
        self._path = path

    async def request_end(self, call_id: CallId, reason: EndReason) -> bool:
        self._note("request_end", call_id=call_id, reason=reason.value)
        return await super().request_end(call_id, reason)

    async def add_events(self, events: Sequence[EventRecord]) -> None:
        for event in events:
            self._note("event", call_id=event.call_id, kind=event.kind, **event.payload)
        await super().add_events(events)

    async def add_transcripts(self, turns: Sequence[TranscriptTurn]) -> None:
        for turn in turns:
            self._note(
                "turn",
                call_id=turn.call_id,
                sequence=turn.sequence,
                speaker=turn.speaker,
                text=turn.text,
                interrupted=turn.interrupted,
            )
        await super().add_transcripts(turns)

    async def add_measured(self, turns: Sequence[MeasuredTurn]) -> None:
        for turn in turns:
            self._note(
                "measured",
                call_id=turn.call_id,
                number=turn.number,
                response_ms=turn.response_ms,
                model_ms=turn.model_ms,
                barge_in_ms=turn.barge_in_ms,
                transcribed=turn.transcribed,
                tokens=dict(turn.tokens),
                cost_usd=turn.cost_usd,
                model=turn.model,
            )
        await super().add_measured(turns)

    async def upsert_lead(self, lead: Lead) -> Lead:
        self._note("lead", call_id=lead.call_id, name=lead.name, interest=lead.interest)
        return await super().upsert_lead(lead)

    async def add_follow_up(self, follow_up: FollowUp) -> None:
        self._note("follow_up", call_id=follow_up.call_id, due_at=follow_up.due_at)
        await super().add_follow_up(follow_up)

    async def log_outcome(self, call_id: CallId, outcome: str, summary: str) -> None:
        self._note("outcome", call_id=call_id, outcome=outcome)
        await super().log_outcome(call_id, outcome, summary)

    async def do_not_call(self, call_id: CallId) -> None:
        self._note("do_not_call", call_id=call_id)
        await super().do_not_call(call_id)

    async def write_message(self, message_id: str, call_id: CallId, kind: str, body: str) -> None:
        self._note("message", call_id=call_id, kind=kind)
        await super().write_message(message_id, call_id, kind, body)

    async def add_tool_call(self, call: ToolCall) -> None:
        self._note("tool_call", call_id=call.call_id, name=call.name, error=call.error)
        await super().add_tool_call(call)

    async def add_recording(self, recording: Recording) -> None:
        self._note("recording", call_id=recording.call_id, place=recording.place)
        await super().add_recording(recording)

    async def settle_recording(
        self,
        recording_id: str,
        status: RecordingStatus,
        *,
        files: Sequence[RecordedFile],
        at: datetime,
        began_at: datetime | None = None,
    ) -> bool:
        self._note("recording_settled", recording=recording_id, status=status.value)
        return await super().settle_recording(
            recording_id, status, files=files, at=at, began_at=began_at
        )

    async def recording_consent(self, call_id: CallId, granted: bool) -> None:
        self._note("recording_consent", call_id=call_id, granted=granted)
        await super().recording_consent(call_id, granted)

    def _note(self, what: str, **values: Any) -> None:
        line = json.dumps({"what": what, **values}, default=_plain)
        with self._path.open("a", encoding="utf-8") as file:
            file.write(line + "\n")


def _plain(value: object) -> str:
    return value.isoformat() if isinstance(value, datetime) else str(value)


async def connect_journal(_: Settings) -> CallNotes:
    """Open the journal that the environment names."""
    return JournalNotes(Path(os.environ[VARIABLE]))


def read_journal(path: Path) -> list[dict[str, Any]]:
    """Read what has been written so far."""
    if not path.exists():
        return []
    return [json.loads(line) for line in path.read_text("utf-8").splitlines() if line]
