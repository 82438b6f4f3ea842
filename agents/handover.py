"""Say that this worker lives, and take over the calls of one that has fallen silent.

Every worker looks; when one counts as silent, `shared.call.silence` says, and that one of them
wins, the compare-and-set on what was seen. Their calls talk on meanwhile: sound goes by no worker.
"""

import logging
import time
import uuid
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from typing import Protocol

from shared.call.agent_lease import HOLD, HeldCall, TakenCall
from shared.call.errors import WacallError
from shared.call.ids import CallId
from shared.call.silence import Watch
from shared.database.store import AgentStore
from shared.process.of_call import work_for
from shared.process.tasks import Tasks

_log = logging.getLogger(__name__)


class OwnCalls(Protocol):
    """The calls of this process."""

    def holds(self, call_id: CallId) -> bool:
        """Whether this process works on the call."""

    def lose(self, call_id: CallId) -> None:
        """Leave a call to the worker that has it now."""

    def resume(self, taken: TakenCall) -> None:
        """Go on with a call that is ours from now on."""


class Handover:
    """The looks of one worker at all calls; `look` is a turn of a loop."""

    def __init__(
        self,
        store: Callable[[], Awaitable[AgentStore]],
        calls: OwnCalls,
        *,
        worker: str = "",
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        """Take the way to the database, and the calls of this process."""
        self._store, self._calls, self._monotonic = store, calls, monotonic
        self.worker = worker or str(uuid.uuid4())
        """The name of this process; it lives as long as the process does."""
        self._watch = Watch.begin()
        self._seen: dict[CallId, HeldCall] = {}
        self._in_doubt: set[CallId] = set()
        self._takes = True
        self._tasks = Tasks()

    def is_anothers(self, call_id: CallId) -> bool:
        """Whether, when we last looked, another worker had the call and was not silent."""
        held = self._seen.get(call_id)
        return (
            held is not None
            and held.worker != self.worker
            and not self._watch.is_silent(call_id, self._monotonic())
        )

    def stop_taking(self) -> None:
        """Take no more calls over: this worker drains."""
        self._takes = False

    async def look(self) -> None:
        """Say that we live, look who has which call, and take over what nobody has.

        Raises:
            StoreUnavailable: the database does not answer; then nothing was seen.
        """
        store = await self._store()
        began = self._monotonic()
        seen = await store.beat(self.worker, datetime.now(UTC) + HOLD)
        ended = self._monotonic()
        self._seen = {held.call_id: held for held in seen}
        stamps = {held.call_id: held.stamp for held in seen}
        self._watch = self._watch.then(stamps, began_s=began, ended_s=ended)
        for held in seen:
            is_held = self._calls.holds(held.call_id)
            if held.worker == self.worker:
                # perhaps a taking of ours whose answer was lost
                wanted = not is_held and held.call_id in self._in_doubt
            elif is_held:
                self._calls.lose(held.call_id)
                wanted = False
            else:
                silent = self._watch.is_silent(held.call_id, ended)
                wanted = silent and self._takes and held.may_be_taken
            if wanted:
                self._tasks.spawn(self._take(store, held))

    async def close(self) -> None:
        """Sign off: what is left of our calls is anybody's at once."""
        await self._tasks.close()
        try:
            await (await self._store()).leave_worker(self.worker)
        except WacallError as error:
            _log.info(
                "The worker could not sign off; it will be found silent.",
                extra={"action": "worker-unsigned", "error": type(error).__name__},
            )

    async def _take(self, store: AgentStore, held: HeldCall) -> None:
        work_for(held.call_id)
        self._in_doubt.add(held.call_id)
        try:
            taken = await store.take_agent(held, self.worker)
        except WacallError:
            return  # the next look tells whether it is ours
        self._in_doubt.discard(held.call_id)
        if taken is None or self._calls.holds(held.call_id):
            return
        _log.warning(
            "A call was taken over from a worker that has fallen silent.",
            extra={"action": "call-taken-over", "call": held.call_id, "takes": taken.takes},
        )
        self._calls.resume(taken)
