"""`line_troubles`: what Meta has told of a line, for every replica, whichever got the webhook."""

from datetime import datetime

from controlplane.core.line_trouble import TroubleChange
from shared.call.ids import PhoneNumberId
from shared.database.rest import RestClient
from shared.database.rows import value_for_database


class LineTroubles:
    """The troubles of one line, in the database."""

    def __init__(self, rest: RestClient, line: PhoneNumberId) -> None:
        """Take an open client and the line."""
        self._rest = rest
        self._line = line

    async def note(self, change: TroubleChange, told_at: datetime) -> None:
        """Write that a trouble begins or is over; an older word than what is known is nothing.

        Raises:
            StoreUnavailable: it was not written.
        """
        await self._rest.rpc(
            "note a line's trouble",
            "note_line_trouble",
            line=self._line,
            trouble=change.name,
            begins=change.holds,
            ends_at=value_for_database(change.until),
            told=value_for_database(told_at),
        )

    async def holding(self, now: datetime) -> frozenset[str]:
        """Read which troubles hold.

        Raises:
            StoreUnavailable: no answer.
        """
        query = self._rest.table("line_troubles").select("name", "until")
        query = query.eq("phone_number_id", self._line).eq("holds", "true").limit(100)
        rows = await self._rest.rows("read a line's troubles", query)
        return frozenset(
            str(row["name"])
            for row in rows
            if row["until"] is None or datetime.fromisoformat(str(row["until"])) > now
        )
