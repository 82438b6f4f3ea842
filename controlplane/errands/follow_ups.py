"""The table `follow_ups`, as whoever executes them sees it."""

from datetime import datetime
from typing import Any

from postgrest.types import ReturnMethod

from controlplane.core.errand import Fate, Over, Verdict
from controlplane.core.follow_up import FollowUp, FollowUpStatus, after_message
from controlplane.core.message import Message
from controlplane.errands.rows import (
    FOLLOW_UP_COLUMNS,
    FREED,
    follow_up_from_row,
    settled_columns,
)
from shared.call.call import Call
from shared.call.ids import CallId
from shared.call.number import number_key
from shared.database.rest import PAGE
from shared.database.rows import value_for_database
from shared.database.tables import Tables

_OPEN = FollowUpStatus.OPEN.value


class FollowUps(Tables):
    """Claims, settles and lists follow-ups. Methods raise `StoreUnavailable`."""

    async def take(
        self, owner: str, now: datetime, until: datetime, *, at_most: int, tells_people: bool
    ) -> list[FollowUp]:
        """Claim those that are due; nobody else has them before `until`.

        `tells_people`: whether those that people do can be told to anybody.
        """
        answer = await self._rest.rpc(
            "take follow-ups",
            "take_follow_ups",
            taker=owner,
            moment=value_for_database(now),
            until=value_for_database(until),
            at_most=at_most,
            tells_people=tells_people,
        )
        return [follow_up_from_row(row) for row in answer.rows]

    async def settle(self, follow_up: FollowUp, verdict: Verdict, at: datetime) -> bool:
        """Write what became of a try; `False`: it was over already, such as canceled meanwhile."""
        columns = settled_columns(verdict, done="done", attempts=follow_up.attempts, at=at)
        return await self._change("settle a follow-up", follow_up.id, columns) is not None

    async def settle_by(self, message: Message, at: datetime) -> None:
        """Write what became of the follow-up that a text was for, if it was for one.

        One that was done is failed after all when Meta did not deliver its text.
        """
        verdict = after_message(message.status, message.last_error, now=at)
        if message.follow_up_id is None or not isinstance(verdict, Over):
            return
        columns = settled_columns(verdict, done="done", attempts=0, at=at)
        query = self._rest.table("follow_ups").update(columns, returning=ReturnMethod.minimal)
        query = query.eq("id", message.follow_up_id)
        before = [_OPEN, FollowUpStatus.DONE.value]
        if verdict.fate is Fate.DONE:
            # given up of because nobody knew, and Meta said so after all
            before.append(FollowUpStatus.FAILED.value)
        query = query.in_("status", before)
        await self._rest.send("settle a follow-up by its message", query)

    async def placed(self, follow_up: FollowUp, call_id: CallId) -> None:
        """Note which call was placed for it last."""
        await self._change("note a follow-up's call", follow_up.id, {"placed_call_id": call_id})

    async def is_unwanted(self, call: Call) -> bool:
        """Whether the person of a call told its business, when asked, not to be contacted."""
        person = call.party.person
        if person is None:
            return False
        query = self._rest.table("leads").select("id").is_("may_follow_up", "false")
        query = query.eq("business", call.profile or "default")
        if person.user_id is not None:
            query = query.eq("person_user_id", value_for_database(person.user_id))
        else:
            query = query.eq("person_phone_key", number_key(person.phone or ""))
        return bool(await self._rest.rows("read a lead's wish", query.limit(1)))

    async def close(
        self, follow_up_id: str, status: FollowUpStatus, at: datetime
    ) -> FollowUp | None:
        """Let an operator say that it is done or not wanted; `None`: it is over, or not there."""
        columns = {
            "status": status.value,
            "finished_at": value_for_database(at),
            **FREED,
        }
        return await self._change("close a follow-up", follow_up_id, columns)

    async def find(self, follow_up_id: str) -> FollowUp | None:
        """Read one."""
        row = await self._rest.first(
            "read a follow-up", "follow_ups", FOLLOW_UP_COLUMNS, "id", follow_up_id
        )
        return follow_up_from_row(row) if row is not None else None

    async def newest(
        self, *, status: FollowUpStatus | None, before: datetime | None, limit: int
    ) -> list[FollowUp]:
        """Read follow-ups, those that are due last first, due before `before`."""
        query = self._rest.table("follow_ups").select(*FOLLOW_UP_COLUMNS)
        if status is not None:
            query = query.eq("status", status.value)
        if before is not None:
            query = query.lt("due_at", value_for_database(before))
        query = query.order("due_at", desc=True).order("id", desc=True).limit(limit)
        return [follow_up_from_row(row) for row in await self._rest.rows("list follow-ups", query)]

    async def of_call(self, call_id: CallId) -> list[FollowUp]:
        """Read those that a call left, soonest first; at most 1000."""
        query = self._rest.table("follow_ups").select(*FOLLOW_UP_COLUMNS).eq("call_id", call_id)
        query = query.order("due_at").order("id").limit(PAGE)
        return [follow_up_from_row(row) for row in await self._rest.rows("list follow-ups", query)]

    async def _change(
        self, what: str, follow_up_id: str, columns: dict[str, Any]
    ) -> FollowUp | None:
        query = self._rest.table("follow_ups").update(
            columns, returning=ReturnMethod.representation
        )
        query = query.eq("id", follow_up_id).eq("status", _OPEN)
        found = await self._rest.rows(what, query)
        return follow_up_from_row(found[0]) if found else None
