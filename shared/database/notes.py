"""What the agent writes down in a call: transcript, lead, follow-ups, outcome, calls of tools."""

from collections.abc import Mapping, Sequence
from typing import Any

from postgrest.types import ReturnMethod

from shared.call.errors import CallNotFound
from shared.call.ids import CallId
from shared.call.measured_turn import MeasuredTurn
from shared.call.records import FollowUp, Lead, MessageState, ToolCall, TranscriptTurn
from shared.database import rows
from shared.database.rest import Rows
from shared.database.tables import Tables


class Notes(Tables):
    """Writes what was said and agreed, and reads it back."""

    async def add_transcripts(self, turns: Sequence[TranscriptTurn]) -> None:
        """Append finished turns; a (call, sequence) already there stays as it is."""
        new = [rows.transcript_to_row(turn) for turn in turns]
        await self._rest.append("store transcripts", "transcripts", new, "call_id,sequence")

    async def list_transcripts(self, call_id: CallId) -> list[TranscriptTurn]:
        """Both sides' turns in order."""
        found = await self._of_call("list transcripts", "transcripts", call_id, "sequence")
        return [rows.transcript_from_row(row) for row in found]

    async def add_measured(self, turns: Sequence[MeasuredTurn]) -> None:
        """Append what turns took; a (call, number) already there stays as it is."""
        new = [rows.measured_to_row(turn) for turn in turns]
        await self._rest.append("store what turns took", "turns", new, "call_id,number")

    async def list_measured(self, call_id: CallId) -> list[MeasuredTurn]:
        """What the call's turns took, in order."""
        found = await self._of_call("list what turns took", "turns", call_id, "number")
        return [rows.measured_from_row(row) for row in found]

    async def upsert_lead(self, lead: Lead) -> Lead:
        """Write into the lead of the call's person; `None` fields leave the row's value.

        Raises:
            CallNotFound: there is no such call.
        """
        written = await self._rest.rpc(
            "store a lead", "upsert_lead", of_call=lead.call_id, given=rows.lead_to_given(lead)
        )
        if not written.data:
            raise CallNotFound
        return rows.lead_from_row(written.data[0])

    async def get_lead(self, call_id: CallId) -> Lead | None:
        """The lead that this call was the last one to write into."""
        row = await self._rest.first("read a lead", "leads", rows.LEAD_COLUMNS, "call_id", call_id)
        return rows.lead_from_row(row) if row else None

    async def find_lead(self, call_id: CallId) -> Lead | None:
        """The lead of the call's person with its business, whichever call has written it."""
        columns = ("caller_user_id", "caller_phone_key", "profile")
        call = await self._rest.first("read a call's person", "calls", columns, "id", call_id)
        if call is None:
            return None
        user_id, key = call["caller_user_id"] or None, call["caller_phone_key"]
        found: Rows = []
        for column, value in (("person_user_id", user_id), ("person_phone_key", key)):
            if value is None or found:
                continue
            query = self._rest.table("leads").select(*rows.LEAD_COLUMNS).eq(column, value)
            query = query.eq("business", call["profile"] or "default")
            if column == "person_phone_key" and user_id is not None:
                # a number may have gone to somebody else: where both have an id, the id decides
                query = query.is_("person_user_id", "null")
            query = query.order("updated_at", desc=True).limit(1)
            found = await self._rest.rows("find a lead", query)
        return rows.lead_from_row(found[0]) if found else await self.get_lead(call_id)

    async def add_follow_up(self, follow_up: FollowUp) -> None:
        """Schedule; the same id twice is one row."""
        new = [rows.follow_up_to_row(follow_up)]
        await self._rest.append("store a follow-up", "follow_ups", new, "id")

    async def list_follow_ups(self, call_id: CallId) -> list[FollowUp]:
        """The call's follow-ups, soonest first."""
        found = await self._of_call("list follow-ups", "follow_ups", call_id, "due_at", "id")
        return [rows.follow_up_from_row(row) for row in found]

    async def log_outcome(self, call_id: CallId, outcome: str, summary: str) -> None:
        """Write what came of the call; the last word counts."""
        columns = {
            "outcome": rows.value_for_database(outcome),
            "summary": rows.value_for_database(summary),
        }
        query = self._rest.table("calls").update(columns).eq("id", call_id)
        if not await self._rest.rows("log a call's outcome", query):
            raise CallNotFound

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

        The outcome that the agent has logged stays, and so does a larger count of turns that were
        off purpose: who was in the call knows better.
        """

        async def change(only: str, columns: Mapping[str, Any]) -> None:
            new = {name: rows.value_for_database(value) for name, value in columns.items()}
            query = self._rest.table("calls").update(new, returning=ReturnMethod.minimal)
            query = query.eq("id", call_id)
            if only == "unset":
                query = query.is_("outcome", "null")
            elif only == "more":
                query = query.lt("off_purpose_turns", off_purpose_turns)
            await self._rest.send("conclude a call", query)

        await change("", {"summary": summary, "sentiment": sentiment})
        await change("unset", {"outcome": outcome})
        await change("more", {"off_purpose_turns": off_purpose_turns})

    async def do_not_call(self, call_id: CallId) -> None:
        """Write that the call's person asked not to be called again; twice is one entry."""
        written = await self._rest.rpc("write a do-not-call", "do_not_call", of_call=call_id)
        if written.data is not True:
            raise CallNotFound

    async def write_message(self, message_id: str, call_id: CallId, kind: str, body: str) -> None:
        """Have a text sent to the call's person; the same id twice is one message.

        Raises:
            CallNotFound: there is no such call, or nobody to write to.
        """
        written = await self._rest.rpc(
            "write a message",
            "write_message",
            message_id=message_id,
            of_call=call_id,
            message_kind=kind,
            message_body=rows.value_for_database(body),
        )
        if written.data is not True:
            raise CallNotFound

    async def message_state(self, message_id: str) -> MessageState | None:
        """What has become of a message; `None`: there is none."""
        columns = ("status", "last_error")
        row = await self._rest.first("read a message", "messages", columns, "id", message_id)
        if row is None:
            return None
        return MessageState(status=row["status"], last_error=row["last_error"])

    async def add_tool_call(self, call: ToolCall) -> None:
        """Write down what a tool was asked and has answered; the same id twice is one row."""
        new = [rows.tool_call_to_row(call)]
        await self._rest.append("store a tool's call", "tool_calls", new, "id")

    async def list_tool_calls(self, call_id: CallId) -> list[ToolCall]:
        """The tools' calls of a call, oldest first."""
        found = await self._of_call("list tools' calls", "tool_calls", call_id, "began_at", "id")
        return [rows.tool_call_from_row(row) for row in found]

    async def off_purpose_turns(self, call_id: CallId) -> int:
        """How often `offPurpose` was reported; of a call that is not there, never."""
        columns = ("off_purpose_turns",)
        row = await self._rest.first("read a call's count", "calls", columns, "id", call_id)
        return int(row["off_purpose_turns"]) if row else 0
