"""The agent's notes in memory; tests/integration/test_call_notes.py holds them to the contract."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from shared.call.call import EndReason
from shared.call.errors import CallNotFound, StoreUnavailable
from shared.call.ids import CallId
from shared.call.measured_turn import MeasuredTurn
from shared.call.recording import RecordedFile, Recording, RecordingStatus
from shared.call.records import (
    EventRecord,
    FollowUp,
    Lead,
    MessageState,
    ToolCall,
    TranscriptTurn,
)
from shared.database import rows


class MemoryNotes:
    """Keeps what it is given as the database would; fails as often as `failures` says.

    Knows the calls that it is told of; told of none, it takes every call for a live one.
    """

    def __init__(self, *calls: CallId, failures: int = 0) -> None:
        self.failures = failures
        self.calls = set(calls)
        self.ended: set[CallId] = set()
        self.leads: dict[CallId, Lead] = {}
        self.follow_ups: dict[str, FollowUp] = {}
        self.outcomes: dict[CallId, tuple[str, str]] = {}
        self.turns: dict[tuple[CallId, int], TranscriptTurn] = {}
        self.measured: dict[tuple[CallId, int], MeasuredTurn] = {}
        self.events: dict[str, EventRecord] = {}
        self.not_to_be_called: set[CallId] = set()
        self.messages: dict[str, tuple[CallId, str, str]] = {}
        """Call, kind and text by id."""
        self.message_states: dict[str, MessageState] = {}
        """What a control plane would have written."""
        self.tool_calls: dict[str, ToolCall] = {}
        self.recordings: dict[str, Recording] = {}
        self.recording_consents: list[tuple[CallId, bool]] = []
        self.requested_ends: dict[CallId, EndReason] = {}
        self.writes = 0

    def _write(self, *call_ids: CallId | None) -> None:
        self.writes += 1
        if self.failures > 0:
            self.failures -= 1
            raise StoreUnavailable("the database is away")
        if not all(call_id is None or self._knows(call_id) for call_id in call_ids):
            raise CallNotFound

    def _knows(self, call_id: CallId) -> bool:
        return not self.calls or call_id in self.calls

    async def add_transcripts(self, turns: Sequence[TranscriptTurn]) -> None:
        self._write(*(turn.call_id for turn in turns))
        for turn in turns:
            kept = rows.transcript_from_row(rows.transcript_to_row(turn))
            self.turns.setdefault((turn.call_id, turn.sequence), kept)

    async def list_transcripts(self, call_id: CallId) -> list[TranscriptTurn]:
        return [turn for (call, _), turn in sorted(self.turns.items()) if call == call_id]

    async def add_measured(self, turns: Sequence[MeasuredTurn]) -> None:
        self._write(*(turn.call_id for turn in turns))
        for turn in turns:
            kept = rows.measured_from_row(rows.measured_to_row(turn))
            self.measured.setdefault((turn.call_id, turn.number), kept)

    async def list_measured(self, call_id: CallId) -> list[MeasuredTurn]:
        return [turn for (call, _), turn in sorted(self.measured.items()) if call == call_id]

    async def upsert_lead(self, lead: Lead) -> Lead:
        self._write(lead.call_id)
        known = self.leads.get(lead.call_id, Lead(call_id=lead.call_id))
        self.leads[lead.call_id] = replace(known, **rows.lead_to_given(lead))
        return self.leads[lead.call_id]

    async def get_lead(self, call_id: CallId) -> Lead | None:
        return self.leads.get(call_id)

    async def add_follow_up(self, follow_up: FollowUp) -> None:
        self._write(follow_up.call_id)
        kept = rows.follow_up_from_row(rows.follow_up_to_row(follow_up))
        self.follow_ups.setdefault(follow_up.id, kept)

    async def list_follow_ups(self, call_id: CallId) -> list[FollowUp]:
        mine = [some for some in self.follow_ups.values() if some.call_id == call_id]
        return sorted(mine, key=lambda some: (some.due_at, some.id))

    async def log_outcome(self, call_id: CallId, outcome: str, summary: str) -> None:
        self._write(call_id)
        kept = rows.value_for_database(outcome), rows.value_for_database(summary)
        self.outcomes[call_id] = kept

    async def do_not_call(self, call_id: CallId) -> None:
        self._write(call_id)
        self.not_to_be_called.add(call_id)

    async def write_message(self, message_id: str, call_id: CallId, kind: str, body: str) -> None:
        self._write(call_id)
        kept = call_id, kind, rows.value_for_database(body)
        self.messages.setdefault(message_id, kept)

    async def message_state(self, message_id: str) -> MessageState | None:
        if message_id not in self.messages:
            return None
        return self.message_states.get(message_id, MessageState(status="open"))

    async def add_tool_call(self, call: ToolCall) -> None:
        self._write(call.call_id)
        kept = rows.tool_call_from_row(rows.tool_call_to_row(call))
        self.tool_calls.setdefault(call.id, kept)

    async def list_tool_calls(self, call_id: CallId) -> list[ToolCall]:
        mine = [call for call in self.tool_calls.values() if call.call_id == call_id]
        return sorted(mine, key=lambda call: (call.began_at, call.id))

    async def add_recording(self, recording: Recording) -> None:
        self._write(recording.call_id)
        self.recordings.setdefault(recording.id, recording)

    async def settle_recording(
        self,
        recording_id: str,
        status: RecordingStatus,
        *,
        files: Sequence[RecordedFile],
        at: datetime,
        began_at: datetime | None = None,
    ) -> bool:
        self._write()
        known = self.recordings.get(recording_id)
        if known is None or known.status is not RecordingStatus.RECORDING:
            return False
        self.recordings[recording_id] = replace(
            known,
            status=status,
            files=tuple(files),
            ended_at=at,
            began_at=began_at or known.began_at,
        )
        return True

    async def get_recording(self, call_id: CallId) -> Recording | None:
        mine = (one for one in self.recordings.values() if one.call_id == call_id)
        return next(mine, None)

    async def recording_consent(self, call_id: CallId, granted: bool) -> None:
        self._write(call_id)
        if (call_id, granted) not in self.recording_consents:
            self.recording_consents.append((call_id, granted))

    async def off_purpose_turns(self, call_id: CallId) -> int:
        if self.failures > 0:
            self.failures -= 1
            raise StoreUnavailable("the database is away")
        reported = (call for call in self.tool_calls.values() if call.name == "offPurpose")
        return sum(call.call_id == call_id and call.error is None for call in reported)

    async def request_end(self, call_id: CallId, reason: EndReason) -> bool:
        self._write()
        if not self._knows(call_id) or call_id in self.ended:
            return False
        self.requested_ends.setdefault(call_id, reason)
        return True

    async def add_events(self, events: Sequence[EventRecord]) -> None:
        self._write(*(event.call_id for event in events))
        for event in events:
            self.events.setdefault(event.id, rows.event_from_row(rows.event_to_row(event)))

    async def list_events(self, call_id: CallId) -> list[EventRecord]:
        mine = [event for event in self.events.values() if event.call_id == call_id]
        return sorted(mine, key=lambda event: (event.received_at, event.id))

    async def close(self) -> None:
        return
