"""Pass on the keys that people press: to the call's timeline, and to its agent.

Of one call they stay in order; of different calls, none waits for another. A key that cannot be
passed on is noted and forgotten: it would mean something else later.
"""

import asyncio
import contextlib
import logging

from controlplane.core.hop import KeyPressed
from controlplane.use_cases.neighbours import Neighbours
from shared.call.call import CallStatus
from shared.call.errors import WacallError
from shared.call.ids import CallId
from shared.call.records import EventRecord, EventSource
from shared.call.room import (
    AGENT_IDENTITY,
    KEY_TOPIC,
    KeyMessage,
    call_id_of_room,
    room_name,
)
from shared.process.tasks import Tasks

_log = logging.getLogger(__name__)

# Nobody presses so many keys in the seconds that a neighbour takes to answer.
_MAX_WAITING = 64


class KeyReporter:
    """Tells timeline and agent of every key."""

    def __init__(self, near: Neighbours) -> None:
        """Take the neighbours."""
        self._store = near.store
        self._rooms = near.rooms
        self._clock = near.clock
        self._waiting: dict[CallId, asyncio.Queue[KeyPressed]] = {}
        self._tasks = Tasks()

    async def close(self) -> None:
        """Stop passing on."""
        await self._tasks.close()

    def take(self, key: KeyPressed) -> None:
        """Take a report from the hop; returns at once."""
        if call_id_of_room(room_name(key.call_id)) is None:
            return
        waiting = self._waiting.get(key.call_id)
        if waiting is None:
            waiting = self._waiting[key.call_id] = asyncio.Queue(_MAX_WAITING)
            self._tasks.spawn(self._pass_on(key.call_id, waiting))
        with contextlib.suppress(asyncio.QueueFull):
            waiting.put_nowait(key)

    async def _pass_on(self, call_id: CallId, waiting: asyncio.Queue[KeyPressed]) -> None:
        try:
            # `take` puts the first key before this runs; what comes later finds the queue here
            while not waiting.empty():
                await self._report(waiting.get_nowait())
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
            await self._store.add_events([event])
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
