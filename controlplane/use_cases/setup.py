"""What all set-ups of calls share: the stopwatch, the next step on the row, the failure."""

import asyncio
import contextlib
import logging
import time
from collections.abc import Awaitable, Collection
from typing import TypeVar, Unpack

from controlplane.core.errors import AgentGaveUp, AgentNotReady, TimedOut
from controlplane.meta.graph_errors import GraphRefused
from controlplane.sdp.summary import summary
from controlplane.telemetry.metrics import Metrics
from controlplane.use_cases.ending import CallEnder, Overtaken, TakenOver
from controlplane.use_cases.neighbours import Neighbours
from controlplane.use_cases.patience import is_away, until_stored
from shared.call.call import Call, CallStatus, Direction, EndReason
from shared.call.changes import CallChanges
from shared.call.description import redacted
from shared.call.errors import CallNotFound, StoreUnavailable, WacallError
from shared.call.records import EventRecord, EventSource
from shared.process.logs import without_text

_log = logging.getLogger(__name__)

_T = TypeVar("_T")

_ADVANCE_WITHIN_S = 30.0
_END_WITHIN_S = 60.0
# How long Meta's word of a hang-up may come behind its refusal to answer that call, and how often
# another replica's row is looked at for it.
_HANGUP_BEHIND_S, _LOOK_EVERY_S = 2.0, 0.2


class Stopwatch:
    """The times of one set-up: milliseconds since it began, step by step."""

    def __init__(
        self,
        direction: Direction,
        metrics: Metrics,
        *,
        begins_with: str,
        began: float | None = None,
    ) -> None:
        """Start; `began` is a monotonic time, now by default."""
        self._direction = direction
        self._metrics = metrics
        self._began = time.monotonic() if began is None else began
        self._elapsed = 0.0
        self.timings: dict[str, float] = {}
        self.last = begins_with
        """The step that was done last."""
        self.failed_with: Exception | None = None
        """What the set-up was given up for."""

    def done(self, step: str) -> None:
        """Note that a step is done."""
        elapsed = round((time.monotonic() - self._began) * 1000, 1)
        self.timings[f"{step}_ms"] = elapsed
        self.last = step
        self._metrics.stage_done(self._direction, step, elapsed, elapsed - self._elapsed)
        self._elapsed = elapsed


class CallSetup:
    """Moves a call's row on while it is being set up, and ends calls whose set-up failed."""

    def __init__(self, near: Neighbours, *, ender: CallEnder) -> None:
        """Take the row's keeper and the one way in which calls end."""
        self._store = near.store
        self._ender = ender
        self._clock = near.clock

    async def advance(
        self, call: Call, expect: Collection[CallStatus], **changes: Unpack[CallChanges]
    ) -> Call:
        """Write to the row if the call still stands where it was left, and its set-up is ours.

        Tried again while the database is away: the caller hears it ring meanwhile, and the
        set-up's own time limit holds.

        Raises:
            Overtaken: it has ended.
            TakenOver: another process goes on with the set-up.
        """
        tries = 0

        async def write() -> Call:
            nonlocal tries
            tries += 1
            row = await self._store.update_call(
                call.id, expect=expect, owner=call.setup_owner, **changes
            )
            if row is not None:
                return row
            row = await self._store.get_call(call.id)
            if row is None or row.status.is_final:
                raise Overtaken
            if tries > 1 and all(getattr(row, name) == new for name, new in changes.items()):
                # given up too early: it was carried out all the same
                return row
            raise TakenOver if row.setup_owner != call.setup_owner else Overtaken

        return await until_stored(write, within_s=_ADVANCE_WITHIN_S)

    async def unless_over(self, call: Call, answering: Awaitable[_T]) -> _T:
        """Await a request that answers the call; see to it that a hang-up is not called a refusal.

        Who hangs up at that moment makes Meta refuse, in words that it has for other things as
        well; its webhook comes behind them. Here it stops the set-up that waits; should another
        replica be told, the row says so.

        Raises:
            Overtaken: the call has ended.
            GraphRefused: nothing was heard of an end.
        """
        try:
            return await answering
        except GraphRefused as error:
            if error.says_call_gone:
                await self._let_hangup_come(call)
            raise

    async def _let_hangup_come(self, call: Call) -> None:
        until = time.monotonic() + _HANGUP_BEHIND_S
        while time.monotonic() < until:
            await asyncio.sleep(_LOOK_EVERY_S)
            with contextlib.suppress(StoreUnavailable):
                row = await self._store.get_call(call.id)
                if row is None or row.status.is_final:
                    raise Overtaken

    async def why_agent_left(self, call: Call) -> Exception:
        """Say why the agent is not in the room: the call has ended, or it gave up."""
        row = await self._store.get_call(call.id)
        if row is None or row.status.is_final:
            return Overtaken()
        return AgentGaveUp(row.end_requested or EndReason.AGENT_LOST)

    async def fail(
        self, call: Call, watch: Stopwatch, error: Exception, *, code: str | None = None
    ) -> None:
        """End the call with the error's reason; undo what the row says has been acquired.

        `code` is what the error turned out to be, if that says more than the error's own.
        """
        watch.failed_with = error
        known = error if isinstance(error, WacallError) else None
        if isinstance(error, TimeoutError):
            known = TimedOut("The set-up took longer than SETUP_TIMEOUT_S.")
        reason = known.reason if known is not None else EndReason.INTERNAL
        _log.warning(
            "The call could not be set up.",
            extra={
                "action": "setup-failed",
                "call": call.id,
                "direction": call.direction.value,
                "reason": reason.value,
                "after": watch.last,
                "error": code or (known.code if known is not None else type(error).__name__),
                # what LiveKit shows of agents is of programs, and worth more than its code
                **({"why": str(known)} if isinstance(known, AgentNotReady) else {}),
            },
            exc_info=None if known is not None else without_text(error),
        )
        with contextlib.suppress(StoreUnavailable):
            await self.note(call, watch, known or error, code=code)
        try:
            await self._end(call, reason)
        except StoreUnavailable as unavailable:
            if not is_away(unavailable):
                raise
            # nobody is left ringing for the database's sake; a call that somebody else has
            # answered meanwhile is not harmed by a `reject`
            await self._ender.decline(call)
            await until_stored(lambda: self._end(call, reason), within_s=_END_WITHIN_S)

    async def _end(self, call: Call, reason: EndReason) -> None:
        row = await self._store.get_call(call.id)
        if row is not None and row.setup_owner not in (None, call.setup_owner):
            # another process goes on with it
            return
        if row is None or row.status.is_final or not await self._ender.finish(row, reason):
            await self._ender.close_media(call)

    async def note(
        self, call: Call, watch: Stopwatch, error: Exception, *, code: str | None = None
    ) -> None:
        """Write the error on the call's timeline."""
        known = error if isinstance(error, WacallError) else None
        payload = {
            "after_step": watch.last,
            "code": code or (known.code if known is not None else "internal"),
            "message": str(known) if known is not None else type(error).__name__,
            "timings_ms": dict(watch.timings),
            **_meta_details(error),
        }
        event = EventRecord.note(
            EventSource.CONTROLPLANE,
            "error",
            self._clock(),
            payload,
            call_id=call.id,
            wacid=call.wacid,
        )
        await self._store.add_events([event])

    def take_note(self, call: Call, sdp_type: str, sdp: str) -> None:
        """Log the shape of what Meta has given us."""
        _log_description(call, "from-meta", sdp_type, sdp)

    async def describe(self, call: Call, sdp_type: str, sdp: str) -> None:
        """Keep what Meta was given, without its secrets, for whoever looks into the call later."""
        _log_description(call, "to-meta", sdp_type, sdp)
        event = EventRecord.note(
            EventSource.CONTROLPLANE,
            "described",
            self._clock(),
            {"sdp_type": sdp_type, "sdp": redacted(sdp)},
            call_id=call.id,
            wacid=call.wacid,
        )
        with contextlib.suppress(StoreUnavailable, CallNotFound):
            await self._store.add_events([event])


def _log_description(call: Call, way: str, sdp_type: str, sdp: str) -> None:
    _log.info(
        "A session description has come or gone.",
        extra={
            "action": "description",
            "call": call.id,
            "way": way,
            "sdp_type": sdp_type,
            **summary(sdp),
        },
    )


def _meta_details(error: Exception) -> dict[str, object]:
    """What Meta's support asks for; its own words may be personal and stay in the database."""
    if not isinstance(error, GraphRefused):
        return {}
    return {
        "meta_code": error.meta_code,
        "meta_subcode": error.subcode,
        "fbtrace_id": error.fbtrace_id,
        "meta_detail": error.detail,
    }
