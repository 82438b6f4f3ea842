"""One look at everything that waits: what is due, and since when the oldest does."""

from dataclasses import dataclass
from datetime import datetime

from shared.database.rows import time_of, value_for_database
from shared.database.tables import Tables


@dataclass(frozen=True, slots=True, kw_only=True)
class Due:
    """What there is to do now."""

    messages: bool
    follow_ups: bool
    missed_calls: bool
    oldest_message: datetime | None
    """When the oldest that is not sent was written."""
    oldest_follow_up: datetime | None
    """When the oldest that is not done was due."""
    oldest_job: datetime | None = None
    """When the oldest work on a call that is over was due."""
    oldest_event: datetime | None = None
    """When the oldest event of Meta's came that nobody has worked on."""


class Errands(Tables):
    """Looks. Methods raise `StoreUnavailable`."""

    async def due(self, now: datetime, *, calls_before: datetime, tells_people: bool) -> Due:
        """Ask what is to do, in one request that costs an idle database next to nothing."""
        answer = await self._rest.rpc(
            "look for errands",
            "errands_due",
            moment=value_for_database(now),
            calls_before=value_for_database(calls_before),
            tells_people=tells_people,
        )
        found = answer.data
        return Due(
            messages=found["messages"],
            follow_ups=found["follow_ups"],
            missed_calls=found["missed_calls"],
            oldest_message=time_of(found["oldest_message"]),
            oldest_follow_up=time_of(found["oldest_follow_up"]),
            oldest_job=time_of(found["oldest_job"]),
            oldest_event=time_of(found["oldest_event"]),
        )
