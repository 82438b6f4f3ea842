"""Write down every few seconds how well the sound of live calls comes in."""

from collections import defaultdict
from collections.abc import Callable
from datetime import datetime

from controlplane.core.live_rooms import LegLooks, LinkSeen
from controlplane.core.quality import point_of
from shared.call.ids import CallId
from shared.database.store import CallStore


class QualityWatch:
    """Looks at the legs of media bridges; without any it asks nobody for anything."""

    def __init__(self, legs: LegLooks, store: CallStore, clock: Callable[[], datetime]) -> None:
        """Take who counts, and where the points go."""
        self._legs, self._store, self._clock = legs, store, clock

    async def look(self) -> None:
        """Write a point for each live call, unless another replica has; a turn of a loop."""
        seen: defaultdict[CallId, dict[str, LinkSeen]] = defaultdict(dict)
        for (call_id, identity), link in (await self._legs.links()).items():
            seen[call_id][identity] = link
        if not seen:
            return
        now = self._clock()
        points = [
            point
            for call in await self._store.live_calls()
            if (point := point_of(call, seen.get(call.id, {}), now)) is not None
        ]
        if points:
            await self._store.add_events(points)
