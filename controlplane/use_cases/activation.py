"""A call is answered: the agent may speak, and the row says so; neither waits for the other."""

import asyncio
import dataclasses
import logging
from collections.abc import Mapping
from datetime import datetime

from tenacity import AsyncRetrying, retry_if_exception_type, stop_after_delay, wait_fixed

from controlplane.core.deadlines import Bounds, deadline_of
from controlplane.core.errors import RoomRefused
from controlplane.core.lifecycle import CallEvent, step
from controlplane.use_cases.ending import Overtaken
from controlplane.use_cases.neighbours import Neighbours
from controlplane.use_cases.patience import until_stored
from shared.bridge.errors import BridgeUnreachable
from shared.call.call import Call, CallStatus
from shared.call.changes import CallChanges
from shared.call.room import ShownStatus

_log = logging.getLogger(__name__)

# The person has been answered and talks meanwhile; should this process not live to write it, the
# sweeper looks at the room.
_WRITE_WITHIN_S = 60.0
_SHOW_WITHIN_S, _SHOW_PAUSE_S = 3.0, 0.2


class Activation:
    """Makes a call active. Harmless when repeated, also by another process."""

    def __init__(self, near: Neighbours, *, bounds: Bounds) -> None:
        """Take the neighbours, and how long calls may last."""
        self._store = near.store
        self._rooms = near.rooms
        self._legs = near.legs
        self._bounds = bounds

    async def activate(
        self, call: Call, answered_at: datetime, *, timings: Mapping[str, float] | None = None
    ) -> Call:
        """Let the agent speak and write that the call is answered, both at once.

        Raises:
            Overtaken: it has ended.
            RoomRefused: the agent could not be told.
            BridgeRefused, BridgeUnreachable: the phone could not be let hear it.
            StoreUnavailable: the agent speaks, but the row does not say so.
        """
        row, shown = await asyncio.gather(
            self._write(call, answered_at, timings), self.let_speak(call), return_exceptions=True
        )
        # that the call has ended outweighs a failed request
        if isinstance(row, BaseException):
            raise row
        if isinstance(shown, BaseException):
            raise shown
        _log.info(
            "Call answered.",
            extra={"action": "call-answered", "call": call.id, **(timings or {})},
        )
        return row

    async def let_speak(self, call: Call) -> None:
        """Show that the call is answered, and let the phone hear the agent. Harmless when repeated.

        Raises:
            RoomRefused: the agent could not be told.
            BridgeRefused, BridgeUnreachable: the phone could not be let hear it.
        """
        trying = AsyncRetrying(
            retry=retry_if_exception_type((RoomRefused, BridgeUnreachable)),
            stop=stop_after_delay(_SHOW_WITHIN_S),
            wait=wait_fixed(_SHOW_PAUSE_S),
            reraise=True,
        )
        if call.bridge is None:
            await trying(self._rooms.set_call_status, call.room, ShownStatus.ACTIVE)
            return
        results = await asyncio.gather(
            trying.copy()(self._rooms.set_call_status, call.room, ShownStatus.ACTIVE),
            trying.copy()(self._legs.leg_of(call).open),
            return_exceptions=True,
        )
        for result in results:
            if isinstance(result, BaseException):
                raise result

    async def _write(
        self, call: Call, answered_at: datetime, timings: Mapping[str, float] | None
    ) -> Call:
        move = step(CallEvent.ACCEPTED)
        changes: CallChanges = {
            "status": move.status,
            "answered_at": answered_at,
            "deadline_at": deadline_of(
                dataclasses.replace(call, answered_at=answered_at), self._bounds
            ),
            "setup_owner": None,
            "answer_sdp": None,
        }
        if timings is not None:
            changes["timings"] = timings

        async def write() -> Call | None:
            # whoever holds the set-up: that the call is answered is true for all of them
            row = await self._store.update_call(call.id, expect=move.expect, **changes)
            return row if row is not None else await self._store.get_call(call.id)

        row = await until_stored(write, within_s=_WRITE_WITHIN_S)
        if row is None or row.status is not CallStatus.ACTIVE:
            raise Overtaken
        return row
