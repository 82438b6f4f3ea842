"""The set-up of a call as a lease on its row: found, renewed, taken over."""

from datetime import datetime

from shared.call.call import LIVE_STATUSES, Call
from shared.call.ids import CallId
from shared.database import rows
from shared.database.rest import PAGE
from shared.database.tables import Tables

_LIVE = sorted(LIVE_STATUSES)


class Setups(Tables):
    """Who works on which call that is not answered yet."""

    async def calls_in_setup(self) -> list[Call]:
        """Live calls whose set-up somebody holds; up to 1000 at once, oldest first."""
        # asked several times a second: these are the very words of the index calls_in_setup
        query = self._rest.table("calls").select(*rows.CALL_COLUMNS).is_("ended_at", "null")
        query = query.not_.is_("setup_owner", "null").order("created_at").limit(PAGE)
        found = await self._rest.rows("find set-ups", query)
        return [rows.call_from_row(row) for row in found]

    async def renew_setup(self, call_id: CallId, owner: str, until: datetime) -> bool:
        """Hold on to a set-up; `False` if it is not this owner's any more, or the call is over."""
        columns = {"setup_until": rows.value_for_database(until)}
        query = self._rest.table("calls").update(columns).eq("id", call_id)
        query = query.eq("setup_owner", owner).in_("status", _LIVE)
        return bool(await self._rest.rows("renew a set-up", query))

    async def take_setup(self, call: Call, owner: str, until: datetime) -> Call | None:
        """Take a set-up over from whoever held it as `call` says; `None` if that has changed."""
        columns = {
            "setup_owner": owner,
            "setup_until": rows.value_for_database(until),
            "setup_takes": call.setup_takes + 1,
        }
        query = self._rest.table("calls").update(columns).eq("id", call.id).in_("status", _LIVE)
        query = query.eq("setup_owner", call.setup_owner or "")
        if call.setup_until is None:
            query = query.is_("setup_until", "null")
        else:
            query = query.eq("setup_until", rows.value_for_database(call.setup_until))
        answer = await self._rest.send("take a set-up over", query)
        if answer.rows:
            return rows.call_from_row(answer.rows[0])
        if answer.attempts > 1:
            # the answer to an earlier attempt was lost: perhaps it was us who took it
            row = await self._rest.first(
                "take a set-up over", "calls", rows.CALL_COLUMNS, "id", call.id
            )
            if row is not None and rows.row_has(row, columns):
                return rows.call_from_row(row)
        return None
