"""What all set-ups of calls share: the stopwatch, the next step on the row, the failure."""

import logging
import time
from collections.abc import Collection
from typing import Unpack

from controlplane.core.errors import AgentGaveUp, TimedOut
from controlplane.meta.graph_errors import GraphRefused
from controlplane.telemetry.metrics import Metrics
from controlplane.use_cases.ending import CallEnder, Overtaken
from controlplane.use_cases.neighbours import Neighbours
from shared.call.call import Call, CallStatus, Direction, EndReason
from shared.call.changes import CallChanges
from shared.call.errors import WacallError
from shared.call.records import EventRecord, EventSource
from shared.process.logs import without_text

_log = logging.getLogger(__name__)


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
        self.timings: dict[str, float] = {}
        self.last = begins_with
        """The step that was done last."""

    def done(self, step: str) -> None:
        """Note that a step is done."""
        elapsed = round((time.monotonic() - self._began) * 1000, 1)
        self.timings[f"{step}_ms"] = elapsed
        self.last = step
        self._metrics.stage_done(self._direction, step, elapsed)


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
        """Write to the row if the call still stands where it was left.

        Raises:
            Overtaken: it has ended.
        """
        row = await self._store.update_call(call.id, expect=expect, **changes)
        if row is None:
            raise Overtaken
        return row

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
            },
            exc_info=None if known is not None else without_text(error),
        )
        await self.note(call, watch, known or error, code=code)
        if not await self._ender.finish_by_id(call.id, reason):
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
