"""End calls whose worker has fallen silent and that no other one takes over: nobody is there.

Their sound goes by a media bridge, so LiveKit goes on showing an agent in the room, and OpenAI
goes on talking; but nothing is written down and no tool works any more. Workers take each
other's calls within two seconds (`agents.handover`), one that was started anew within ten.
"""

import asyncio
import logging
import time

from controlplane.use_cases.ending import CallEnder
from controlplane.use_cases.neighbours import Neighbours
from shared.call.agent_lease import ABANDONED_S
from shared.call.call import EndReason
from shared.call.ids import CallId
from shared.call.silence import Watch
from shared.process.of_call import work_for

_log = logging.getLogger(__name__)

AGENT_LOOK_S = 0.6
"""How often the workers are looked at; less than `shared.call.silence.GAP_S`."""


class AgentWatch:
    """The looks of one process at all workers; `look` is a turn of a loop."""

    def __init__(self, near: Neighbours, *, ender: CallEnder, after_s: float = ABANDONED_S) -> None:
        """Take the database, and who ends calls."""
        self._store = near.store
        self._ender = ender
        self._after_s = after_s
        self._watch = Watch.begin()

    async def look(self) -> None:
        """Look which calls have an agent that nobody leads, and end these.

        Raises:
            StoreUnavailable: the database does not answer; then nothing was seen.
        """
        began = time.monotonic()
        held = await self._store.seen_agents()
        ended = time.monotonic()
        stamps = {call.call_id: call.stamp for call in held}
        self._watch = self._watch.then(stamps, began_s=began, ended_s=ended)
        abandoned = [
            call.call_id
            for call in held
            if self._watch.is_silent(call.call_id, ended, after_s=self._after_s)
        ]
        await asyncio.gather(*(self._end(call_id) for call_id in abandoned))

    async def _end(self, call_id: CallId) -> None:
        work_for(call_id)
        _log.error(
            "The worker of a call has fallen silent and no other one takes it; it is ended.",
            extra={"action": "call-abandoned", "call": call_id},
        )
        await self._ender.finish_by_id(call_id, EndReason.AGENT_LOST)
