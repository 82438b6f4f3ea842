"""Release what ended calls held at Meta, bridge and LiveKit: side by side, beside all else.

Nobody who ends a call waits for its release, nor does one release wait for another one: a
neighbour that is silent costs those calls time that need it, and nobody else.

    fresh     calls that have just ended here: told whatever the breakers say
    refused   calls that were never taken: Meta is told, and nothing else is held
    retried   what the sweeper finds: a neighbour that does not answer is asked by one of them

What has to be undone follows from the row (had `accept` been sent? does Meta know?), not from any
process's memory, so that any replica can finish what another one began.
"""

import asyncio
import contextlib
import logging
import random
from collections.abc import Sequence
from datetime import datetime, timedelta

from controlplane.use_cases.breakers import Neighbour
from controlplane.use_cases.lost_calls import LostCalls
from controlplane.use_cases.neighbours import Neighbours
from shared.bridge.errors import NoBridge
from shared.call.call import Call, Direction
from shared.call.errors import WacallError
from shared.call.ids import CallId, WhatsAppCallId
from shared.call.room import ShownStatus
from shared.process.logs import without_text
from shared.process.of_call import work_for
from shared.process.tasks import Tasks

_log = logging.getLogger(__name__)

# An unreleased call is tried again for so long; Meta and LiveKit let go by themselves after that.
GIVEN_UP_AFTER = timedelta(minutes=10)
# How many at once. Those that are tried again leave the fresh ones room.
_FRESH_AT_ONCE = 32
_REFUSED_AT_ONCE = 32
_RETRIED_AT_ONCE = 8
# Of the unreleased calls one turn of the sweeper takes so many, by lot: none waits behind those
# that cannot be released.
_RETRIED_IN_A_TURN = 64
# Meta hears of the end before the media stops, if it listens.
_META_FIRST_S = 2.0
# All of one release: three attempts at Graph, two requests to LiveKit, one to the database.
_BOUND_S = 40.0


class Releaser:
    """Releases calls, each in a task of its own."""

    def __init__(self, near: Neighbours, *, lost_calls: LostCalls, tasks: Tasks) -> None:
        """Take what a call may hold, who writes to people, and the keeper of the tasks."""
        self._lost_calls = lost_calls
        self._store = near.store
        self._lines = near.lines
        self._rooms = near.rooms
        self._legs = near.legs
        self._breakers = near.breakers
        self._clock = near.clock
        self._tasks = tasks
        self._fresh = asyncio.Semaphore(_FRESH_AT_ONCE)
        self._refused = asyncio.Semaphore(_REFUSED_AT_ONCE)
        self._retried = asyncio.Semaphore(_RETRIED_AT_ONCE)
        self._running: dict[CallId, asyncio.Task[None]] = {}

    def begin(self, call: Call) -> None:
        """Release a call that has just ended; the sweeper tries again what fails."""
        self._spawn(call, self._fresh, spared=False)

    def refuse(self, call: Call) -> None:
        """Tell Meta that a call is refused: there is no leg and no room to be freed."""
        self._spawn(call, self._refused, spared=False, holds_media=False)

    def retry(self, calls: Sequence[Call]) -> None:
        """Release calls whose release nobody has finished; some of them, if they are many."""
        waiting = [call for call in calls if call.id not in self._running]
        now = self._clock()
        for call in random.sample(waiting, min(len(waiting), _RETRIED_IN_A_TURN)):
            # the last time it is tried whatever the neighbours were like a moment ago
            self._spawn(call, self._retried, spared=not _is_late(call, now))

    async def settle(self, timeout_s: float) -> None:
        """Let the releases under way finish, for at most `timeout_s` seconds."""
        if self._running:
            await asyncio.wait(set(self._running.values()), timeout=timeout_s)

    def _spawn(
        self, call: Call, lane: asyncio.Semaphore, *, spared: bool, holds_media: bool = True
    ) -> None:
        if call.id in self._running:
            return
        task = self._tasks.spawn(self._run(call, lane, spared=spared, holds_media=holds_media))
        self._running[call.id] = task
        task.add_done_callback(lambda _: self._running.pop(call.id, None))

    async def _run(
        self, call: Call, lane: asyncio.Semaphore, *, spared: bool, holds_media: bool
    ) -> None:
        work_for(call.id)
        async with lane:
            try:
                is_clean = await self._release_in_time(call, spared=spared, holds_media=holds_media)
                if not is_clean and _is_late(call, self._clock()):
                    _log.error(
                        "An ended call could not be released; Meta or LiveKit may still hold it.",
                        extra={"action": "release-given-up", "call": call.id},
                    )
                    is_clean = True
                if is_clean:
                    await self._store.mark_released(call.id, self._clock())
            except Exception as error:
                is_ours = not isinstance(error, WacallError)
                _log.log(
                    logging.ERROR if is_ours else logging.WARNING,
                    "The release of a call failed; trying again.",
                    extra={
                        "action": "release-failed",
                        "call": call.id,
                        "error": type(error).__name__,
                    },
                    exc_info=without_text(error) if is_ours else None,
                )

    async def _release_in_time(self, call: Call, *, spared: bool, holds_media: bool) -> bool:
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(_BOUND_S):
                if not holds_media:
                    return await self._tell_meta(call, spared=spared)
                return await self._release(call, spared=spared)
        return False

    async def _release(self, call: Call, *, spared: bool) -> bool:
        """Leave nothing behind at Meta, bridge, LiveKit; `False` if that has to be tried again."""
        telling = asyncio.create_task(self._tell_meta(call, spared=spared))
        try:
            await asyncio.wait({telling}, timeout=_META_FIRST_S)
            closed = await self.close_media(call, spared=spared)
            told = await telling
        finally:
            telling.cancel()
        await self._lost_calls.write_to_caller(call)
        return told and closed

    async def _tell_meta(self, call: Call, *, spared: bool) -> bool:
        """Tell Meta of the end if it has to be told; `False` if that has to be tried again."""
        if call.wacid is None or call.ended_by_peer:
            return True
        if call.direction is Direction.OUTBOUND and call.accept_sent_at is None:
            return True
        if spared and not self._breakers.allows(Neighbour.GRAPH):
            return False
        # after `accept` has left us the call may stand, whatever we heard of it
        return await self._could_tell(call, call.wacid, with_reject=call.accept_sent_at is None)

    async def decline(self, call: Call) -> None:
        """Tell Meta `reject` of a call whose end cannot be written yet: no phone rings on for that.

        A call that was answered meanwhile is not harmed.
        """
        if call.wacid is None or call.direction is not Direction.INBOUND:
            return
        await self._could_tell(call, call.wacid, with_reject=True)

    async def _could_tell(self, call: Call, wacid: WhatsAppCallId, *, with_reject: bool) -> bool:
        try:
            graph = self._lines.graph_of(call.phone_number_id)
            await (graph.reject if with_reject else graph.terminate)(wacid)
        except WacallError as error:
            _log.warning(
                "Meta could not be told that the call ended; trying again.",
                extra={"action": "release-graph", "call": call.id, "error": error.code},
            )
            return False
        return True

    async def close_media(self, call: Call, *, spared: bool = False) -> bool:
        """Free the call's leg and room; `False` if one of them could not be told.

        `spared`: LiveKit is not asked while it does not answer.
        """
        left = await self._end_leg(call)
        if spared and not self._breakers.allows(Neighbour.LIVEKIT):
            return False
        return await self._close_room(call) and left

    async def _end_leg(self, call: Call) -> bool:
        if call.bridge is None:
            return True
        try:
            await self._legs.leg_of(call).release()
        except NoBridge:
            # an older release's call: what carried it is not ours any more
            return True
        except WacallError as error:
            _log.warning(
                "The media bridge could not be told that the call ended; trying again.",
                extra={"action": "release-bridge", "call": call.id, "error": error.code},
            )
            return False
        return True

    async def _close_room(self, call: Call) -> bool:
        try:
            if call.caller_sid is not None:
                await self._rooms.set_call_status(call.room, ShownStatus.HANGUP)
            await self._rooms.delete(call.room)
        except WacallError as error:
            _log.warning(
                "The room could not be deleted; trying again.",
                extra={"action": "release-room", "call": call.id, "error": error.code},
            )
            return False
        return True


def _is_late(call: Call, now: datetime) -> bool:
    return call.ended_at is not None and now - call.ended_at > GIVEN_UP_AFTER
