"""What every reader and writer of tables has: one client, and the way to a call's rows."""

from shared.call.ids import CallId
from shared.database import rows
from shared.database.rest import RestClient, Rows


class Tables:
    """A part of the store; all parts of one share its client."""

    def __init__(self, rest: RestClient) -> None:
        """Take an open client."""
        self._rest = rest

    async def _of_call(self, what: str, table: str, call_id: CallId, *order: str) -> Rows:
        columns = rows.TABLES[table]
        return await self._rest.all_of(what, table, columns, "call_id", call_id, order)
