"""What the work after a call asks of the database; see `shared.database.store`."""

from typing import Protocol

from shared.call.call import Call
from shared.call.ids import CallId
from shared.call.records import FollowUp, Lead, ToolCall, TranscriptTurn
from shared.database.store import JobStore


class AfterCallStore(JobStore, Protocol):
    """Of the worker that looks through conversations which are over."""

    async def get_call(self, call_id: CallId) -> Call | None:
        """Read one call."""

    async def has_last_words(self, call_id: CallId) -> bool:
        """Whether the agent of a call has written all that was said in it; it may never say so."""

    async def list_transcripts(self, call_id: CallId) -> list[TranscriptTurn]:
        """Both sides' turns in order."""

    async def list_tool_calls(self, call_id: CallId) -> list[ToolCall]:
        """The tools' calls of a call, oldest first."""

    async def find_lead(self, call_id: CallId) -> Lead | None:
        """The lead of the call's person with its business, whichever call has written it."""

    async def list_follow_ups(self, call_id: CallId) -> list[FollowUp]:
        """The call's follow-ups, soonest first."""

    async def upsert_lead(self, lead: Lead) -> Lead:
        """Write into the lead of the call's person; `None` fields leave the row's value."""

    async def add_follow_up(self, follow_up: FollowUp) -> None:
        """Schedule; the same id twice is one row."""

    async def do_not_call(self, call_id: CallId) -> None:
        """Write that the call's person asked not to be called again; twice is one entry."""

    async def add_tool_call(self, call: ToolCall) -> None:
        """Write down what a tool was asked and has answered; the same id twice is one row."""

    async def conclude_call(
        self,
        call_id: CallId,
        *,
        summary: str,
        outcome: str,
        sentiment: str,
        off_purpose_turns: int,
    ) -> None:
        """Write what a look through the whole conversation says of it.

        The outcome that the agent has logged stays, and so does a larger count of turns.
        """

    async def close(self) -> None:
        """Let go of the connections; nothing can be written afterwards."""
