"""The table `calls`: every change of a call's status is a compare-and-set on its row."""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Unpack

from postgrest.types import ReturnMethod

from shared.call.call import (
    FINAL_STATUSES,
    GUESSED_REASONS,
    LIVE_STATUSES,
    Call,
    CallStatus,
    EndReason,
    Termination,
)
from shared.call.ceilings import Ceilings
from shared.call.changes import CallChanges, Mark
from shared.call.denial import Denied, Reason
from shared.call.errors import CallDenied
from shared.call.ids import CallId, WhatsAppCallId
from shared.call.wanted import EVERY_CALL, Wanted
from shared.database import rows
from shared.database.faults import DO_NOT_CALL, UNIQUE_VIOLATION, Refused
from shared.database.rest import PAGE, Query
from shared.database.tables import Tables

_LIVE = sorted(LIVE_STATUSES)
_FINAL = sorted(FINAL_STATUSES)


class Calls(Tables):
    """Claims, moves, ends and finds calls."""

    async def claim_call(self, call: Call) -> Call | None:
        """Insert the call; `None` if its `wacid` is taken: somebody else owns it.

        `None` too for a second outbound call to a person whose first one lives. A repeated claim
        finds its own row by the id, which nobody else has.

        Raises:
            CallDenied: an outbound call to somebody who asked not to be called.
        """
        # With `ignore` a taken wacid is no error, so that no server writes it to its log.
        query = self._rest.table("calls").upsert(
            rows.call_to_row(call), on_conflict="wacid", ignore_duplicates=True
        )
        try:
            inserted = await self._rest.rows("claim a call", query)
        except Refused as refusal:
            if refusal.sqlstate == DO_NOT_CALL:
                raise CallDenied(Denied(reason=Reason.DO_NOT_CALL)) from None
            if refusal.sqlstate != UNIQUE_VIOLATION:
                raise
            inserted = []
        if inserted:
            return rows.call_from_row(inserted[0])
        standing = await self.get_call(call.id)
        return standing if standing is not None and standing.wacid == call.wacid else None

    async def claim_within(self, call: Call, ceilings: Ceilings) -> Call | None:
        """Insert an inbound call as `claim_call` does; where a ceiling is reached, as refused.

        Calls are counted, and the row written, in one transaction, one after the other.
        """
        answer = await self._rest.rpc(
            "claim a call within ceilings",
            "claim_call_within",
            new_call=rows.call_to_row(call),
            max_calls=ceilings.calls,
            max_calls_per_caller=ceilings.per_caller,
            max_calls_per_caller_per_hour=ceilings.per_caller_per_hour,
        )
        if answer.rows:
            return rows.call_from_row(answer.rows[0])
        standing = await self.get_call(call.id) if answer.attempts > 1 else None
        return standing if standing is not None and standing.wacid == call.wacid else None

    async def claim_refused(self, calls: Sequence[Call]) -> list[Call]:
        """Insert inbound calls that are over, in one request; return those that are ours.

        One whose `wacid` is taken is somebody else's and stays as it is.
        """
        query = self._rest.table("calls").upsert(
            [rows.call_to_row(call) for call in calls], on_conflict="wacid", ignore_duplicates=True
        )
        answer = await self._rest.send("claim refused calls", query)
        ours = [rows.call_from_row(row) for row in answer.rows]
        if answer.attempts > 1:
            # the answer to an earlier attempt was lost, its work was done
            missing = {call.id for call in calls} - {call.id for call in ours}
            found = [await self.get_call(call_id) for call_id in missing]
            ours += [call for call in found if call is not None]
        return ours

    async def get_call(self, call_id: CallId) -> Call | None:
        """Read one call."""
        row = await self._rest.first("read a call", "calls", rows.CALL_COLUMNS, "id", call_id)
        return rows.call_from_row(row) if row else None

    async def find_call(self, wacid: WhatsAppCallId) -> Call | None:
        """Read one call by Meta's id."""
        row = await self._rest.first("find a call", "calls", rows.CALL_COLUMNS, "wacid", wacid)
        return rows.call_from_row(row) if row else None

    async def list_calls(
        self, *, limit: int, before: datetime | None = None, wanted: Wanted = EVERY_CALL
    ) -> list[Call]:
        """Read calls like the `wanted`, newest first, created before `before`; at most 1000."""
        query = self._rest.table("calls").select(*rows.CALL_COLUMNS)
        if before is not None:
            query = query.lt("created_at", rows.value_for_database(before))
        for column, value in wanted.columns().items():
            query = query.eq(column, value)
        if wanted.text:
            query = query.or_(wanted.search())
        query = query.order("created_at", desc=True).order("id", desc=True).limit(limit)
        return await self._calls("list calls", query)

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
        return await self._compare_and_set("update a call", call_id, expect, changes, owner)

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
        changes: CallChanges = {
            "status": termination.status,
            "end_reason": termination.reason,
            "ended_at": ended_at,
            "ended_by_peer": by_peer,
            # whoever sets it up loses it, and nobody takes it over
            "setup_owner": None,
            "answer_sdp": None,
        }
        if answered_at is not None:
            changes["answered_at"] = answered_at
        return await self._compare_and_set("end a call", call_id, LIVE_STATUSES, changes)

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
        changes: CallChanges = {
            "status": termination.status,
            "end_reason": termination.reason,
            "ended_at": ended_at,
            "ended_by_peer": True,
        }
        if answered_at is not None:
            changes["answered_at"] = answered_at
        query = self._rest.table("calls").update(rows.changes_to_row(changes)).eq("id", call_id)
        query = query.in_("status", _FINAL).in_("end_reason", sorted(GUESSED_REASONS))
        query = query.is_("ended_by_peer", "false")
        query = query.gt("ended_at", rows.value_for_database(ended_at))
        found = await self._rest.rows("correct a call's end", query)
        return rows.call_from_row(found[0]) if found else None

    async def mark_once(
        self, call_id: CallId, mark: Mark, at: datetime, **changes: Unpack[CallChanges]
    ) -> Call | None:
        """Set a live call's time that is still unset, and more fields with it.

        `None` if somebody has, or it has ended.
        """
        columns = {mark.value: rows.value_for_database(at), **rows.changes_to_row(changes)}
        query = self._rest.table("calls").update(columns).eq("id", call_id)
        query = query.is_(mark.value, "null").in_("status", _LIVE)
        answer = await self._rest.send("mark a call", query)
        if answer.rows:
            return rows.call_from_row(answer.rows[0])
        call = await self.get_call(call_id) if answer.attempts > 1 else None
        # the answer to an earlier attempt was lost, its work was done
        return call if call is not None and getattr(call, mark) == at else None

    async def _compare_and_set(
        self,
        what: str,
        call_id: CallId,
        expect: Collection[CallStatus],
        changes: CallChanges,
        owner: str | None = None,
    ) -> Call | None:
        columns = rows.changes_to_row(changes)
        query = self._rest.table("calls").update(columns).eq("id", call_id)
        if owner is not None:
            query = query.eq("setup_owner", owner)
        answer = await self._rest.send(what, query.in_("status", sorted(expect)))
        if answer.rows:
            return rows.call_from_row(answer.rows[0])
        if answer.attempts > 1:
            # the answer to an earlier attempt was lost: perhaps it was us who changed the row
            row = await self._rest.first(what, "calls", rows.CALL_COLUMNS, "id", call_id)
            if row is not None and rows.row_has(row, columns):
                return rows.call_from_row(row)
        return None

    async def request_end(self, call_id: CallId, reason: EndReason) -> bool:
        """Ask (as the agent) that a live call be ended; the first reason stays.

        Returns whether the call is live and now has a request, ours or an earlier one.
        """
        query = self._rest.table("calls").update({"end_requested": reason.value})
        query = query.eq("id", call_id).in_("status", _LIVE).is_("end_requested", "null")
        if await self._rest.rows("request a call's end", query):
            return True
        call = await self.get_call(call_id)
        return call is not None and not call.status.is_final and call.end_requested is not None

    async def mark_released(self, call_id: CallId, at: datetime) -> None:
        """Note that nothing of an ended call is left at Meta or LiveKit; the first time stays."""
        columns = {"released_at": rows.value_for_database(at)}
        query = self._rest.table("calls").update(columns, returning=ReturnMethod.minimal)
        query = query.eq("id", call_id).in_("status", _FINAL).is_("released_at", "null")
        await self._rest.send("mark a call released", query)

    async def overdue_calls(self, now: datetime) -> list[Call]:
        """Live calls whose deadline has passed or whose end was requested; up to 1000 at once."""
        # quoted: the time's dots and colons mean something in PostgREST's `or`
        due = f'deadline_at.lt."{rows.value_for_database(now)}",end_requested.not.is.null'
        query = self._rest.table("calls").select(*rows.CALL_COLUMNS).in_("status", _LIVE)
        query = query.or_(due).order("deadline_at").limit(PAGE)
        return await self._calls("find overdue calls", query)

    async def unreleased_calls(self, ended_before: datetime) -> list[Call]:
        """Ended calls whose clean-up nobody has finished; up to 1000 at once, oldest first."""
        query = self._rest.table("calls").select(*rows.CALL_COLUMNS).is_("released_at", "null")
        query = query.lt("ended_at", rows.value_for_database(ended_before))
        return await self._calls("find unreleased calls", query.order("ended_at").limit(PAGE))

    async def live_calls(self) -> list[Call]:
        """All calls that have not ended, oldest first."""

        def page(first: int, last: int) -> Query:
            query = self._rest.table("calls").select(*rows.CALL_COLUMNS).in_("status", _LIVE)
            return query.order("created_at").order("id").range(first, last)

        found = await self._rest.all_rows("list live calls", page)
        return [rows.call_from_row(row) for row in found]

    async def _calls(self, what: str, query: Query) -> list[Call]:
        return [rows.call_from_row(row) for row in await self._rest.rows(what, query)]
