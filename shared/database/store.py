"""What the two services ask of the database: one Protocol for each of them.

Every write may be repeated without harm. All methods raise `StoreUnavailable` when the database
does not answer or refuses; `CallNotFound` when they write for a call that is not there.
"""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any, Protocol, Unpack

from shared.call.agent_lease import HeldCall, TakenCall
from shared.call.call import Call, CallStatus, EndReason, Termination
from shared.call.ceilings import Ceilings
from shared.call.changes import CallChanges, Mark
from shared.call.ids import CallId, WhatsAppCallId
from shared.call.jobs import CallJob, JobKind, JobState, JobStatus
from shared.call.measured_turn import MeasuredTurn
from shared.call.recording import RecordedFile, Recording, RecordingStatus
from shared.call.records import (
    EventRecord,
    FollowUp,
    Lead,
    MessageState,
    Settled,
    ToolCall,
    TranscriptTurn,
)
from shared.call.wanted import EVERY_CALL, Wanted


class CallStore(Protocol):
    """The control plane's: it owns the calls."""

    # --- calls: every change of status is a compare-and-set on the row ---

    async def claim_call(self, call: Call) -> Call | None:
        """Insert the call; `None` if its `wacid` is taken: somebody else owns it.

        `None` too for a second outbound call to a person whose first one lives.

        Raises:
            CallDenied: an outbound call to somebody who asked not to be called.
        """

    async def claim_within(self, call: Call, ceilings: Ceilings) -> Call | None:
        """Insert an inbound call as `claim_call` does; where a ceiling is reached, as refused."""

    async def claim_refused(self, calls: Sequence[Call]) -> list[Call]:
        """Insert inbound calls that are over, in one request; return those that are ours."""

    async def get_call(self, call_id: CallId) -> Call | None:
        """Read one call."""

    async def find_call(self, wacid: WhatsAppCallId) -> Call | None:
        """Read one call by Meta's id."""

    async def list_calls(
        self, *, limit: int, before: datetime | None = None, wanted: Wanted = EVERY_CALL
    ) -> list[Call]:
        """Read calls like the `wanted`, newest first, created before `before`."""

    async def update_call(
        self,
        call_id: CallId,
        *,
        expect: Collection[CallStatus],
        owner: str | None = None,
        **changes: Unpack[CallChanges],
    ) -> Call | None:
        """Change fields if the status is one of `expect`; return the new row, `None` if not.

        With an `owner`, only while that process holds the set-up.
        """

    async def mark_once(
        self, call_id: CallId, mark: Mark, at: datetime, **changes: Unpack[CallChanges]
    ) -> Call | None:
        """Set a live call's time that is still unset, and more fields with it.

        `None` if somebody has, or it has ended.
        """

    async def end_call(
        self,
        call_id: CallId,
        *,
        termination: Termination,
        ended_at: datetime,
        answered_at: datetime | None,
        by_peer: bool,
    ) -> Call | None:
        """End a live call; `None` if it is not live any more: it ends exactly once.

        `answered_at` is written if given; the row's own stays if it is `None`.
        """

    async def correct_end(
        self,
        call_id: CallId,
        *,
        termination: Termination,
        ended_at: datetime,
        answered_at: datetime | None,
    ) -> Call | None:
        """Put what Meta tells of an earlier end in the place of one that was guessed, once.

        `None` if the call lives, or its end was no guess, or was told or corrected already, or
        was not later than `ended_at`. `answered_at` is written if given.
        """

    async def mark_released(self, call_id: CallId, at: datetime) -> None:
        """Note that nothing of an ended call is left at Meta or LiveKit."""

    async def overdue_calls(self, now: datetime) -> list[Call]:
        """Live calls whose deadline has passed or whose end was requested."""

    async def unreleased_calls(self, ended_before: datetime) -> list[Call]:
        """Ended calls whose clean-up nobody has finished."""

    async def live_calls(self) -> list[Call]:
        """All calls that have not ended."""

    # --- the set-up of a call is a lease on its row ---

    async def calls_in_setup(self) -> list[Call]:
        """Live calls whose set-up somebody holds."""

    async def renew_setup(self, call_id: CallId, owner: str, until: datetime) -> bool:
        """Hold on to a set-up; `False` if it is not this owner's any more, or the call is over."""

    async def take_setup(self, call: Call, owner: str, until: datetime) -> Call | None:
        """Take a set-up over from whoever held it as `call` says; `None` if that has changed."""

    # --- the agent's side of a call is a lease as well ---

    async def seen_agents(self) -> list[HeldCall]:
        """Live calls whose agent is up by a media bridge, with what their workers wrote last."""

    # --- events ---

    async def add_events(self, events: Sequence[EventRecord]) -> None:
        """Append raw events in one request; an id that is there stays as it is."""

    async def claim_event(self, event: EventRecord) -> bool:
        """Append an event whose id stands for something that is to be done once; `False`: it is.

        `False` too when the answer to our own claim was lost: then nobody does it.
        """

    async def settle_event(self, event_id: str, settled: Settled) -> None:
        """Note what became of an event."""

    async def link_duplicates(self, wacid: WhatsAppCallId, call_id: CallId) -> None:
        """Name the call in those duplicates of its events that were stored before it was known."""

    async def take_pending_events(
        self, *, received_before: datetime, taken_before: datetime, now: datetime
    ) -> list[EventRecord]:
        """Claim events of Meta that were stored but never worked on; each goes to one taker."""

    async def find_connect(self, wacid: WhatsAppCallId) -> EventRecord | None:
        """Meta's newest `connect` of a call: its offer, or its answer to ours."""

    async def list_events(self, call_id: CallId) -> list[EventRecord]:
        """The timeline of one call, oldest first."""

    # --- what the agent wrote ---

    async def list_transcripts(self, call_id: CallId) -> list[TranscriptTurn]:
        """Both sides' turns in order."""

    async def list_measured(self, call_id: CallId) -> list[MeasuredTurn]:
        """What the call's turns took, in order."""

    async def list_tool_calls(self, call_id: CallId) -> list[ToolCall]:
        """The tools' calls of a call, oldest first."""

    # --- what was found after a call ---

    async def find_call_job(self, call_id: CallId, kind: JobKind) -> JobState | None:
        """How far the work after a call is; `None`: it has left none of that kind."""

    # --- health ---

    async def ping(self) -> None:
        """Ask the database anything; raise if it does not answer."""


class JobStore(Protocol):
    """Of whoever does the work that a call leaves when it ends."""

    async def take_call_jobs(
        self, kind: JobKind, taker: str, *, now: datetime, until: datetime, at_most: int
    ) -> list[CallJob]:
        """Claim jobs that are due, oldest first; each goes to one taker, until its time is over.

        Taking one counts as an attempt.
        """

    async def keep_call_job(self, job: CallJob, result: Mapping[str, Any]) -> bool:
        """Write what was found, before it is carried out; `False`: the job is another's."""

    async def settle_call_job(
        self, job: CallJob, status: JobStatus, *, at: datetime, error: str | None = None
    ) -> bool:
        """End a job; `error` is a slug without personal data. `False`: the job is another's."""

    async def postpone_call_job(
        self, job: CallJob, until: datetime, *, error: str | None = None, counts: bool = True
    ) -> bool:
        """Give a job back, to be taken again from `until` on; `False`: the job is another's.

        Without `counts` the attempt is forgotten: it was none.
        """


class CallNotes(Protocol):
    """The agent's: what it writes down about its call, and the one thing that it asks for."""

    async def add_transcripts(self, turns: Sequence[TranscriptTurn]) -> None:
        """Append finished turns; a (call, sequence) already there stays as it is."""

    async def add_measured(self, turns: Sequence[MeasuredTurn]) -> None:
        """Append what turns took; a (call, number) already there stays as it is."""

    async def upsert_lead(self, lead: Lead) -> Lead:
        """Write into the lead of the call's person with its business.

        `None` fields leave the row's value.
        """

    async def add_follow_up(self, follow_up: FollowUp) -> None:
        """Schedule; the same id twice is one row."""

    async def log_outcome(self, call_id: CallId, outcome: str, summary: str) -> None:
        """Write what came of the call; the last word counts."""

    async def do_not_call(self, call_id: CallId) -> None:
        """Write that the call's person asked not to be called again; twice is one entry."""

    async def write_message(self, message_id: str, call_id: CallId, kind: str, body: str) -> None:
        """Have the control plane send a text to the call's person.

        `kind` says what for, as a slug: `agent`, `model-lost`, ... The same id twice is one
        message.

        Raises:
            CallNotFound: there is no such call, or nobody to write to.
        """

    async def message_state(self, message_id: str) -> MessageState | None:
        """What has become of a message; `None`: there is none."""

    async def add_tool_call(self, call: ToolCall) -> None:
        """Write down what a tool was asked and has answered; the same id twice is one row."""

    async def add_recording(self, recording: Recording) -> None:
        """Write that a call is recorded; the same id twice is one row."""

    async def settle_recording(
        self,
        recording_id: str,
        status: RecordingStatus,
        *,
        files: Sequence[RecordedFile],
        at: datetime,
        began_at: datetime | None = None,
    ) -> bool:
        """End a recording that still goes on; `False`: it is over already, or there is none.

        `began_at`: the files' beginning, of whoever knows it better than the row.
        """

    async def recording_consent(self, call_id: CallId, granted: bool) -> None:
        """Write that the call's person was told and went on, or refused; twice is one entry."""

    async def off_purpose_turns(self, call_id: CallId) -> int:
        """How often the call's person asked for what the line is not for, as far as is stored."""

    async def request_end(self, call_id: CallId, reason: EndReason) -> bool:
        """Ask that a live call be ended; the first reason stays.

        Returns whether the call is live and now has a request, ours or an earlier one.
        """

    async def add_events(self, events: Sequence[EventRecord]) -> None:
        """Append raw events in one request; an id that is there stays as it is."""

    async def close(self) -> None:
        """Let go of the connections; nothing can be written afterwards."""


class AgentStore(CallNotes, Protocol):
    """The same, of a worker whose calls another one can go on with."""

    async def beat(self, worker: str, until: datetime) -> list[HeldCall]:
        """Write that a worker lives; return all live calls whose agent is up."""

    async def keep_agent(
        self,
        call_id: CallId,
        worker: str,
        state: Mapping[str, Any],
        turns: Sequence[TranscriptTurn],
        measured: Sequence[MeasuredTurn] = (),
    ) -> bool:
        """Write a call's state, its newest turns and what they took, all or nothing.

        `False`: it is another's.
        """

    async def take_agent(self, call: HeldCall, worker: str) -> TakenCall | None:
        """Take a call over from whoever had it as `call` says; `None` if that has changed."""

    async def leave_worker(self, worker: str) -> None:
        """Write that a worker is gone: its calls, if any, are anybody's."""
