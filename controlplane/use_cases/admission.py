"""Admit a call or refuse it within a second: nobody rings in vain, and nobody admitted suffers.

Two questions, in this order:

    a place    may one more set-up begin in this process? (`core.admission`, learnt and measured)
               Some may wait for half a second, in order of arrival, if set-ups take no longer
               than that of late; in vain: `busy`
    a claim    is a ceiling reached, of all replicas together? Counted by the database as it
               inserts the row: `busy`, or `caller-limit`

A refused call costs a row, inserted together with those that are refused at the same time, and a
`reject` in a lane of its own. Its row says why.
"""

import asyncio
import contextlib
import dataclasses
import logging
import time
from collections import deque
from collections.abc import AsyncIterator
from datetime import datetime
from enum import StrEnum

from controlplane.core.admission import Run, SetupLimit
from controlplane.core.errors import RoomRefused, TimedOut
from controlplane.telemetry.vitals import VitalSigns
from controlplane.use_cases.neighbours import Neighbours
from controlplane.use_cases.refusals import RefusedRows
from controlplane.use_cases.releasing import Releaser
from controlplane.use_cases.setup import Stopwatch
from shared.call.call import Call, CallStatus, Direction, EndReason, Termination
from shared.call.ceilings import Ceilings
from shared.call.errors import StoreUnavailable

_log = logging.getLogger(__name__)

# From the offer's arrival; what is left of the second is for the insert and the `reject`.
_WAIT_S = 0.5
# How long `/readyz` tells that calls were refused.
_TOLD_FOR_S = 60.0
# A set-up that fails so did not get somebody's time; other failures say nothing of the load.
_STRAIN = (TimeoutError, TimedOut, RoomRefused, StoreUnavailable)
_REFUSALS = frozenset({EndReason.BUSY, EndReason.CALLER_LIMIT})


class RefusedBy(StrEnum):
    """What refused a call."""

    SETUPS = "setups"
    CEILING = "ceiling"
    CALLER = "caller"


class Place:
    """A call's place among the set-ups of this process, or the want of one."""

    def __init__(self, *, began: float, side_by_side: int) -> None:
        """Take when it was taken; `side_by_side` is 0 where there was none to take."""
        self.began = began
        self.side_by_side = side_by_side
        self.watch: Stopwatch | None = None
        """Of the set-up, once it runs: what the limit learns from."""

    @property
    def is_given(self) -> bool:
        """Whether the set-up may begin."""
        return self.side_by_side > 0


class Admission:
    """The door of one process."""

    def __init__(
        self,
        near: Neighbours,
        *,
        releaser: Releaser,
        vitals: VitalSigns,
        ceilings: Ceilings,
        limit: SetupLimit,
    ) -> None:
        """Take who tells Meta, what is measured, the ceilings, and the limit to begin with."""
        self._store = near.store
        self._metrics = near.metrics
        self._clock = near.clock
        self._releaser = releaser
        self._vitals = vitals
        self._ceilings = ceilings
        self._limit = limit
        self._running = 0
        self._running_since: list[float] = []
        self._waiting: deque[asyncio.Future[None]] = deque()
        self._refused_rows = RefusedRows(near.store)
        self._refused: deque[float] = deque(maxlen=1000)
        self._show()

    # --- a place ---

    @contextlib.asynccontextmanager
    async def place(self, received: float) -> AsyncIterator[Place]:
        """Hold a place for a set-up, if one is free soon after `received` (a monotonic time)."""
        if not await self._enter(received + _WAIT_S):
            yield Place(began=time.monotonic(), side_by_side=0)
            return
        place = Place(began=time.monotonic(), side_by_side=self._running)
        self._running_since.append(place.began)
        try:
            yield place
        finally:
            self._running_since.remove(place.began)
            self._learn(place)
            self._leave()

    async def _enter(self, until: float) -> bool:
        if not self._waiting and self._admits():
            self._running += 1
            self._show()
            return True
        left_s = until - time.monotonic()
        if left_s <= 0 or not self._limit.lets_wait(
            len(self._waiting),
            self._vitals.now(),
            running_since=self._running_since,
            until=until,
        ):
            return False
        turn = asyncio.get_running_loop().create_future()
        self._waiting.append(turn)
        try:
            async with asyncio.timeout(left_s):
                await turn
        except TimeoutError:
            pass
        except asyncio.CancelledError:
            if turn.done() and not turn.cancelled():
                self._leave()
            raise
        finally:
            with contextlib.suppress(ValueError):
                self._waiting.remove(turn)
        return turn.done() and not turn.cancelled()

    def _leave(self) -> None:
        self._running -= 1
        while self._waiting and self._admits():
            turn = self._waiting.popleft()
            if not turn.done():
                self._running += 1
                turn.set_result(None)
        self._show()

    def _admits(self) -> bool:
        return self._limit.admits(self._running, self._vitals.now(), time.monotonic())

    def _learn(self, place: Place) -> None:
        watch = place.watch
        if watch is None:
            return
        run = Run(began=place.began, ended=time.monotonic(), side_by_side=place.side_by_side)
        if "accept_ms" in watch.timings:
            self._limit = self._limit.answered(run)
        elif isinstance(watch.failed_with, _STRAIN):
            self._limit = self._limit.strained(run)

    def _show(self) -> None:
        self._metrics.setups_stand(running=self._running, limit=self._limit.at_once)

    # --- a claim ---

    async def claim(self, call: Call, place: Place) -> Call | None:
        """Insert the call, and have Meta told if it is refused; `None` if its `wacid` is taken.

        `was_refused` tells what became of it.
        """
        began = time.monotonic()
        try:
            if place.is_given:
                claimed = await self._store.claim_within(call, self._ceilings)
            else:
                claimed = await self._refused_rows.claim(_as_refused(call, self._clock()))
        finally:
            self._vitals.claimed(time.monotonic() - began)
        if claimed is not None and was_refused(claimed):
            self._refuse(claimed, place)
        return claimed

    def _refuse(self, call: Call, place: Place) -> None:
        reason = call.end_reason or EndReason.BUSY
        if reason is EndReason.CALLER_LIMIT:
            cause = RefusedBy.CALLER
        else:
            cause = RefusedBy.CEILING if place.is_given else RefusedBy.SETUPS
        self._releaser.refuse(call)
        self._refused.append(time.monotonic())
        self._metrics.call_refused(cause.value)
        self._metrics.call_ended(Direction.INBOUND, Termination.of(reason, answered=False), call)
        _log.info(
            "A call was refused.",
            extra={
                "action": "call-refused",
                "call": call.id,
                "reason": reason.value,
                "by": cause.value,
            },
        )

    def problems(self) -> dict[str, str]:
        """Say whether calls were refused of late."""
        since = time.monotonic() - _TOLD_FOR_S
        count = sum(at >= since for at in self._refused)
        if count == 0:
            return {}
        return {
            "admission": f"{count} calls were refused in the last minute; "
            "whatsapp_calls_refused_total says by what."
        }


def was_refused(call: Call) -> bool:
    """Whether this call was refused when it was claimed."""
    return call.end_reason in _REFUSALS


def _as_refused(call: Call, now: datetime) -> Call:
    return dataclasses.replace(
        call,
        status=CallStatus.REJECTED,
        end_reason=EndReason.BUSY,
        ended_at=now,
        deadline_at=None,
        setup_owner=None,
        setup_until=None,
    )
