"""Hold the set-up of a call: say so in its row while it is worked on, and stop when it is lost."""

import asyncio
import contextlib
import uuid
from collections.abc import AsyncIterator
from datetime import datetime
from typing import Any

from controlplane.core.lease import HOLD
from controlplane.use_cases.ending import Overtaken, TakenOver
from controlplane.use_cases.neighbours import Neighbours
from shared.call.call import Call
from shared.call.errors import WacallError
from shared.call.ids import CallId
from shared.call.silence import RENEW_S

# A renewal that takes longer is given up for a fresh one: the first after a stall of the database
# has to be there before the others lose patience.
_RENEWAL_WITHIN_S = 0.6


class SetupLeases:
    """The set-ups that this process holds."""

    def __init__(self, near: Neighbours) -> None:
        """Mint the name of this process; it lives as long as the process does."""
        self._store = near.store
        self._clock = near.clock
        self.owner = str(uuid.uuid4())
        self._held: set[CallId] = set()

    def holds(self, call_id: CallId) -> bool:
        """Whether this process is working on the set-up of a call."""
        return call_id in self._held

    def until(self) -> datetime:
        """Until when a set-up is held that is taken or renewed now."""
        return self._clock() + HOLD

    @contextlib.asynccontextmanager
    async def hold(self, call: Call) -> AsyncIterator[None]:
        """Renew the lease while the block runs; stop the block when the lease is lost.

        Raises:
            TakenOver: another process goes on with the set-up.
            Overtaken: the call has ended.
        """
        holder = asyncio.current_task()
        if holder is None:
            raise RuntimeError("a lease is held by a task")
        lost: list[Overtaken] = []
        cancelled_before = holder.cancelling()
        renewing = asyncio.create_task(self._renew(call.id, holder, lost))
        self._held.add(call.id)
        try:
            yield
        except asyncio.CancelledError:
            # as asyncio.timeout does: only our own cancellation becomes an error
            if lost and holder.uncancel() <= cancelled_before:
                raise lost[0] from None
            raise
        finally:
            self._held.discard(call.id)
            renewing.cancel()
            await asyncio.gather(renewing, return_exceptions=True)

    async def _renew(
        self, call_id: CallId, holder: asyncio.Task[Any], lost: list[Overtaken]
    ) -> None:
        while True:
            await asyncio.sleep(RENEW_S)
            if await self._still_ours(call_id):
                continue
            why = await self._why_lost(call_id)
            if why is not None:
                lost.append(why)
                holder.cancel()
                return

    async def _still_ours(self, call_id: CallId) -> bool:
        """Renew; not to be able to is no loss, since then nobody else can take it."""
        with contextlib.suppress(TimeoutError, WacallError):
            async with asyncio.timeout(_RENEWAL_WITHIN_S):
                return await self._store.renew_setup(call_id, self.owner, self.until())
        return True

    async def _why_lost(self, call_id: CallId) -> Overtaken | None:
        with contextlib.suppress(WacallError):
            call = await self._store.get_call(call_id)
            if call is None or call.status.is_final:
                return Overtaken()
            if call.setup_owner not in (None, self.owner):
                return TakenOver()
        return None
