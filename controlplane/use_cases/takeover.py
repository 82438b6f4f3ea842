"""Take over set-ups whose process has fallen silent: every replica looks, one of them wins.

    inbound, before `accept`    begun anew from the stored offer
    inbound, behind it          Meta is asked again, and has the call answered or not
    placed, before `connect`    ended: what was ordered died with the process, and no phone rings
    placed, Meta's answer came  the media path is built anew from the stored answer

When an owner counts as silent, `shared.call.silence` says; that one replica wins, the
compare-and-set on what was seen.
"""

import asyncio
import logging
import time

from controlplane.core.lease import may_go_on, stamp
from controlplane.meta.events import AnswerReceived, OfferReceived
from controlplane.meta.webhook import parse_stored
from controlplane.use_cases.ending import CallEnder
from controlplane.use_cases.leases import SetupLeases
from controlplane.use_cases.neighbours import Neighbours
from controlplane.use_cases.switchboard import Switchboard
from shared.call.call import Call, Direction, EndReason
from shared.call.silence import Watch
from shared.process.of_call import work_for
from shared.process.tasks import Tasks

_log = logging.getLogger(__name__)


class SetupTakeover:
    """The looks of one process at all set-ups; `look` is a turn of a loop."""

    def __init__(
        self,
        near: Neighbours,
        *,
        leases: SetupLeases,
        switchboard: Switchboard,
        ender: CallEnder,
        tasks: Tasks,
    ) -> None:
        """Take what this process holds itself, who goes on with a set-up, and who ends calls."""
        self._store = near.store
        self._leases = leases
        self._switchboard = switchboard
        self._ender = ender
        self._tasks = tasks
        self._watch = Watch.begin()

    async def look(self) -> None:
        """Look who works on which set-up, and take over what nobody does."""
        if self._switchboard.draining:
            return
        began = time.monotonic()
        calls = await self._store.calls_in_setup()
        ended = time.monotonic()
        stamps = {call.id: stamp(call) for call in calls}
        self._watch = self._watch.then(stamps, began_s=began, ended_s=ended)
        await asyncio.gather(
            *(
                self._take(call)
                for call in calls
                if self._watch.is_silent(call.id, ended) and not self._leases.holds(call.id)
            )
        )

    async def _take(self, call: Call) -> None:
        work_for(call.id)
        taken = await self._store.take_setup(call, self._leases.owner, self._leases.until())
        if taken is None:
            return
        _log.warning(
            "A set-up was taken over from a process that has fallen silent.",
            extra={
                "action": "setup-taken-over",
                "call": call.id,
                "direction": call.direction.value,
                "takes": taken.setup_takes,
            },
        )
        event = await self._told_by_meta(taken) if may_go_on(taken) else None
        if isinstance(event, OfferReceived | AnswerReceived):
            self._switchboard.take_over(taken, event)
        else:
            # Meta may be slow to take it; the next look is not to wait for that
            self._tasks.spawn(self._ender.finish(taken, EndReason.SETUP_TIMEOUT))

    async def _told_by_meta(self, call: Call) -> object:
        """Find what the set-up begins with; for a placed call that is Meta's answer."""
        if call.wacid is None or (call.direction is Direction.OUTBOUND and call.linked_at is None):
            return None
        record = await self._store.find_connect(call.wacid)
        return parse_stored(record.payload) if record is not None else None
