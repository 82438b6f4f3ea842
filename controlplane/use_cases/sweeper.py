"""Look after what nobody is looking after: deadlines, half-finished ends, forgotten events.

Every replica sweeps. Whatever two of them find at once is settled by the compare-and-set on the
row, so that no lock and no leader are needed.
"""

import time
from datetime import datetime, timedelta

from controlplane.core.answered import MEDIA_DECIDES
from controlplane.core.deadlines import Bounds, Postponed, deadline_of, judge
from controlplane.core.errors import RoomRefused
from controlplane.meta.webhook import parse_stored
from controlplane.use_cases.ending import CallEnder
from controlplane.use_cases.neighbours import Neighbours
from controlplane.use_cases.releasing import Releaser
from controlplane.use_cases.room_watch import RoomWatch
from controlplane.use_cases.switchboard import Switchboard
from shared.bridge.errors import BridgeRefused, BridgeUnreachable
from shared.call.call import LIVE_STATUSES, Call, EndReason
from shared.call.room import call_id_of_room
from shared.process.of_call import working_for

# An end is left to whoever began it for this long; a stored event likewise.
_RELEASE_GRACE = timedelta(seconds=15)
_EVENT_GRACE = timedelta(seconds=2)
# Neither LiveKit nor bridge tells: for this long a call without known media may have some.
_UNSEEN_GRACE = timedelta(seconds=10)
_EVENT_RETAKE = timedelta(seconds=60)
# How long a process that goes waits for the releases that it began; other replicas finish them.
_LAST_RELEASES_S = 15.0


class Sweeper:
    """The sweeps of one process; each public method but `end_all` is a turn of a loop."""

    def __init__(
        self,
        near: Neighbours,
        *,
        ender: CallEnder,
        releaser: Releaser,
        watch: RoomWatch,
        switchboard: Switchboard,
        bounds: Bounds,
    ) -> None:
        """Take the use cases."""
        self._store = near.store
        self._rooms = near.rooms
        self._ender = ender
        self._releaser = releaser
        self._watch = watch
        self._switchboard = switchboard
        self._metrics = near.metrics
        self._bounds = bounds
        self._clock = near.clock
        self._strangers: set[str] = set()
        """Rooms of no call: a call's row is there before its room."""

    async def end_overdue(self) -> None:
        """End calls whose phase has lasted too long or whose end the agent asked for."""
        now = self._clock()
        for call in await self._store.overdue_calls(now):
            with working_for(call.id):
                await self._end_if_overdue(call, now)

    async def _end_if_overdue(self, call: Call, now: datetime) -> None:
        verdict: EndReason | Postponed | None = judge(call, now, self._bounds)
        if isinstance(verdict, EndReason) and verdict in MEDIA_DECIDES:
            verdict = await self._look_for_media(call, verdict, now)
        if isinstance(verdict, Postponed):
            await self._store.update_call(call.id, expect=LIVE_STATUSES, deadline_at=verdict.until)
        elif verdict is not None:
            await self._ender.finish(call, verdict)

    async def _look_for_media(
        self, call: Call, verdict: EndReason, now: datetime
    ) -> EndReason | None:
        """Look into the room before a call ends for want of media; `None` to let it live.

        That the webhook about its media or its answer was lost is no reason to cut a conversation.
        """
        try:
            return None if await self._watch.rescue(call) else verdict
        except (RoomRefused, BridgeRefused, BridgeUnreachable):
            overdue = now - deadline_of(call, self._bounds)
            return verdict if overdue > _UNSEEN_GRACE else None

    async def release_ended(self) -> None:
        """Have the clean-up finished of ends whose process died or whose neighbours failed."""
        self._releaser.retry(await self._store.unreleased_calls(self._clock() - _RELEASE_GRACE))

    async def resume_events(self) -> None:
        """Work on events that were stored, and answered with 200, but never worked on."""
        now = self._clock()
        taken = await self._store.take_pending_events(
            received_before=now - _EVENT_GRACE, taken_before=now - _EVENT_RETAKE, now=now
        )
        for record in taken:
            event = parse_stored(record.payload)
            self._switchboard.resume(event, record.id, time.monotonic(), was_left=True)

    async def reconcile(self) -> None:
        """Compare live calls with LiveKit's rooms, both ways."""
        room_names = await self._rooms.rooms()
        live = await self._store.live_calls()
        self._metrics.calls_live(live)
        for call in live:
            with working_for(call.id):
                await self._watch.compare(call)
        await self._delete_orphans(room_names - {call.room for call in live})

    async def _delete_orphans(self, room_names: set[str]) -> None:
        """Delete rooms of calls that have ended; rooms that are no call's are not ours to touch."""
        self._strangers &= room_names
        for name in room_names - self._strangers:
            with working_for(call_id_of_room(name)):
                call = await self._find(name)
                if call is None:
                    self._strangers.add(name)
                elif call.status.is_final and call.released_at is not None:
                    await self._rooms.delete(name)

    async def _find(self, room: str) -> Call | None:
        call_id = call_id_of_room(room)
        return await self._store.get_call(call_id) if call_id is not None else None

    async def end_all(self, reason: EndReason) -> None:
        """End every live call: the SFU is about to go."""
        for call in await self._store.live_calls():
            with working_for(call.id):
                await self._ender.finish(call, reason)
        await self._releaser.settle(_LAST_RELEASES_S)
