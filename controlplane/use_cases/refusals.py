"""Insert the rows of refused calls together: a burst costs a few requests, not one a call.

Calls are refused when there is no time to spare, so each waits only for the request that is under
way; what comes meanwhile goes into the next one.
"""

import asyncio
from collections import deque

from shared.call.call import Call
from shared.database.store import CallStore

# Of one request; a row has about half a kilobyte.
_AT_ONCE = 100

_Waiting = tuple[Call, asyncio.Future[Call | None]]


class RefusedRows:
    """Who waits for the next insert; one for each process."""

    def __init__(self, store: CallStore) -> None:
        """Take where the rows go."""
        self._store = store
        self._waiting: deque[_Waiting] = deque()
        self._inserting: asyncio.Task[None] | None = None

    async def claim(self, call: Call) -> Call | None:
        """Insert a call that is over; `None` if its `wacid` is taken: somebody else owns it.

        Raises:
            StoreUnavailable: the database did not answer.
        """
        row: asyncio.Future[Call | None] = asyncio.get_running_loop().create_future()
        self._waiting.append((call, row))
        if self._inserting is None:
            self._inserting = asyncio.create_task(self._insert())
        return await row

    async def _insert(self) -> None:
        try:
            while self._waiting:
                count = min(len(self._waiting), _AT_ONCE)
                await self._insert_together([self._waiting.popleft() for _ in range(count)])
        finally:
            self._inserting = None
            for _, row in self._waiting:
                row.cancel()
            self._waiting.clear()

    async def _insert_together(self, together: list[_Waiting]) -> None:
        try:
            inserted = await self._store.claim_refused([call for call, _ in together])
        except Exception as error:
            for _, row in together:
                if not row.done():
                    row.set_exception(error)
            return
        except asyncio.CancelledError:
            for _, row in together:
                row.cancel()
            raise
        rows = {call.id: call for call in inserted}
        for call, row in together:
            # who waited for it may have been stopped
            if not row.done():
                row.set_result(rows.get(call.id))
