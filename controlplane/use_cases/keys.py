"""Pass on the keys that people press: to the call's timeline, and to its agent.

Every replica hears of every press; whose row on the timeline is new passes it on. Of one call they
stay in order: whoever has passed on a call's last key goes first with the next one, and the others
wait, for longer than that takes; so it is one replica, as long as it lives. Of different calls,
none waits for another. A key that cannot be passed on is noted and forgotten: it would mean
something else later.
"""

import asyncio
import contextlib
import dataclasses
import logging
from datetime import UTC, datetime, timedelta

from controlplane.core.caller_leg import KeyPressed
from controlplane.use_cases.neighbours import Neighbours
from shared.call.call import CallStatus
from shared.call.errors import WacallError
from shared.call.ids import CallId
from shared.call.records import EventRecord, EventSource
from shared.call.room import AGENT_IDENTITY, KEY_TOPIC, KeyMessage
from shared.process.of_call import work_for
from shared.process.tasks import Tasks

_log = logging.getLogger(__name__)

# Nobody presses so many keys in the seconds that a neighbour takes to answer.
_MAX_WAITING = 64
# Who was behind with a call's last key waits so long with the next: a request to LiveKit takes 3 s
# at most.
_BEHIND_S = 4.0
# What a bridge tells a process that has just come may be old. By the machines' own clocks.
_TOO_OLD = timedelta(seconds=60)
# Calls whose last key somebody else had: forgotten with the oldest, for then it matters no more.
_MAX_BEHIND = 1000


class KeyReporter:
    """Tells timeline and agent of every key."""

    def __init__(self, near: Neighbours) -> None:
        """Take the neighbours."""
        self._store = near.store
        self._rooms = near.rooms
        self._clock = near.clock
        self._waiting: dict[CallId, asyncio.Queue[KeyPressed]] = {}
        self._behind: dict[CallId, None] = {}
        self._tasks = Tasks()

    async def close(self) -> None:
        """Stop passing on."""
        await self._tasks.close()

    def take(self, key: KeyPressed) -> None:
        """Take what a bridge has told; returns at once."""
        if datetime.now(UTC) - key.at > _TOO_OLD:
            return
        waiting = self._waiting.get(key.call_id)
        if waiting is None:
            waiting = self._waiting[key.call_id] = asyncio.Queue(_MAX_WAITING)
            self._tasks.spawn(self._pass_on(key.call_id, waiting))
        with contextlib.suppress(asyncio.QueueFull):
            waiting.put_nowait(key)

    async def _pass_on(self, call_id: CallId, waiting: asyncio.Queue[KeyPressed]) -> None:
        work_for(call_id)
        try:
            # `take` puts the first key before this runs; what comes later finds the queue here
            while not waiting.empty():
                key = waiting.get_nowait()
                if call_id in self._behind:
                    await asyncio.sleep(_BEHIND_S)
                await self._report(key)
        finally:
            del self._waiting[call_id]

    async def _report(self, key: KeyPressed) -> None:
        message = KeyMessage(key=key.key)
        try:
            call = await self._store.get_call(key.call_id)
            if call is None or call.status is not CallStatus.ACTIVE:
                return
            event = EventRecord.note(
                EventSource.CONTROLPLANE,
                KEY_TOPIC,
                self._clock(),
                message.to_json(),
                call_id=call.id,
            )
            is_ours = await self._store.claim_event(dataclasses.replace(event, id=key.id))
            self._remember(call.id, is_ours=is_ours)
            if not is_ours:
                return
            await self._rooms.send_data(call.room, message.to_bytes(), KEY_TOPIC, to=AGENT_IDENTITY)
        except WacallError as error:
            _log.warning(
                "A pressed key could not be passed on.",
                extra={"action": "key-lost", "call": key.call_id, "error": error.code},
            )
        except Exception as error:
            _log.error(
                "A pressed key could not be passed on.",
                extra={"action": "key-lost", "call": key.call_id, "error": type(error).__name__},
            )

    def _remember(self, call_id: CallId, *, is_ours: bool) -> None:
        self._behind.pop(call_id, None)
        if is_ours:
            return
        self._behind[call_id] = None
        if len(self._behind) > _MAX_BEHIND:
            del self._behind[next(iter(self._behind))]
