"""Store the events of webhooks that come at the same time in one request: a group commit.

A webhook is acknowledged only once *its* rows are stored. A request to the database costs about as
much for forty rows as for one, and under load it is most of what a webhook costs.

    nobody is being stored   a webhook's rows go at once, alone
    somebody is              what comes meanwhile goes together with the next request
    a request is slow        after 0.1 s it holds nobody up any more: the next one may go beside it
    a request is refused     each webhook's rows go once more, alone: one that the database cannot
                             take costs nobody else theirs
    the database is away     all of a request hear of it; Meta sends theirs again
"""

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass

from shared.call.errors import CallNotFound
from shared.call.records import EventRecord
from shared.database.faults import Refused
from shared.process.tasks import Tasks

MOST_TOGETHER = 100
"""Rows of one request; a webhook with more goes alone."""

_PATIENCE_S = 0.1

Store = Callable[[Sequence[EventRecord]], Awaitable[None]]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Waiting:
    records: Sequence[EventRecord]
    stored: asyncio.Future[None]


class Intake:
    """The way of all webhooks' events into the database; one per process."""

    def __init__(self, store: Store, *, tasks: Tasks, patience_s: float = _PATIENCE_S) -> None:
        """Take what stores rows in one request, and the keeper of the requests' tasks."""
        self._store = store
        self._tasks = tasks
        self._patience_s = patience_s
        self._waiting: deque[_Waiting] = deque()
        self._holding: asyncio.Task[None] | None = None
        """The request that the next one waits for."""

    async def add(self, records: Sequence[EventRecord]) -> None:
        """Store them, maybe together with those of others; returns once they are stored.

        Who stops waiting takes nothing back: the rows may be stored all the same.

        Raises:
            StoreUnavailable: they were not stored.
        """
        if not records:
            return
        stored = asyncio.get_running_loop().create_future()
        self._waiting.append(_Waiting(records=records, stored=stored))
        self._go_on()
        await stored

    def _go_on(self) -> None:
        if self._holding is not None or not self._waiting:
            return
        together = self._next()
        task = self._holding = self._tasks.spawn(self._commit(together))
        task.add_done_callback(self._let_go)
        asyncio.get_running_loop().call_later(self._patience_s, self._let_go, task)

    def _let_go(self, task: asyncio.Task[None]) -> None:
        if self._holding is task:
            self._holding = None
            self._go_on()

    def _next(self) -> list[_Waiting]:
        together = [self._waiting.popleft()]
        rows = len(together[0].records)
        while self._waiting and rows + len(self._waiting[0].records) <= MOST_TOGETHER:
            together.append(self._waiting.popleft())
            rows += len(together[-1].records)
        return together

    async def _commit(self, together: Sequence[_Waiting]) -> None:
        try:
            await self._store([record for one in together for record in one.records])
        except (Refused, CallNotFound) as error:
            if len(together) == 1:
                _fail(together, error)
            else:
                await asyncio.gather(*(self._commit([one]) for one in together))
        except asyncio.CancelledError:
            for one in together:
                one.stored.cancel()
            raise
        except Exception as error:
            _fail(together, error)
        else:
            for one in together:
                if not one.stored.done():
                    one.stored.set_result(None)


def _fail(together: Sequence[_Waiting], error: Exception) -> None:
    for one in together:
        if not one.stored.done():
            one.stored.set_exception(error)
