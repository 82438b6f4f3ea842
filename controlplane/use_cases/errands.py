"""Look once a second for what has to be done, and do it, each kind beside the others.

One look, which is one request, says what is due for all of them: an idle stack pays no more. Each
kind has a lane of its own, so that a webhook that is slow keeps no text from being sent. Every
replica looks; each row goes to one of them (`take_messages()`, `take_follow_ups()` and
`take_call_jobs()` in schema.sql), for as long as its lease says.
"""

import asyncio
import logging
import os
import socket
from collections.abc import Awaitable, Callable, Mapping
from datetime import datetime, timedelta

from controlplane.errands.due import Due, Errands
from controlplane.telemetry.metrics import Metrics
from shared.call.errors import WacallError
from shared.process.logs import without_text
from shared.process.tasks import Tasks

_log = logging.getLogger(__name__)

LOOK_S = 1.0
LEASE = timedelta(seconds=90)
"""Longer than a lane's turn may take: who claims again after that finds nobody at it."""
_TURN_S = 75.0
# a text that is cut off in the middle may have arrived, and nobody would know
_LAST_S = 3.0
# a text waits for a second, a follow-up for its turn; both longer while Meta, or an operator's
# webhook, is away
_MESSAGE_LATE = timedelta(minutes=5)
_FOLLOW_UP_LATE = timedelta(hours=2)

Turn = Callable[[], Awaitable[object]]


def process_name() -> str:
    """Name this process in the rows that it claims."""
    return f"{socket.gethostname()}:{os.getpid()}"


class ErrandRunner:
    """The look, and the lanes."""

    def __init__(
        self,
        errands: Errands,
        *,
        messages: Turn,
        follow_ups: Turn,
        missed_calls: Turn,
        tells_people: bool,
        missed_wait_s: float,
        metrics: Metrics,
        clock: Callable[[], datetime],
        is_draining: Callable[[], bool],
    ) -> None:
        """Take who looks, what each lane does in a turn, and whether this process is about to go.

        `missed_wait_s`: how long after its end a missed call is let be, for its person may call
        again at once.
        """
        self._errands = errands
        self._lanes: Mapping[str, Turn] = {
            "missed-calls": missed_calls,
            "follow-ups": follow_ups,
            "messages": messages,
        }
        self._tells_people = tells_people
        self._missed_wait = timedelta(seconds=missed_wait_s)
        self._metrics = metrics
        self._clock = clock
        self._is_draining = is_draining
        self._tasks = Tasks()
        self._running: set[str] = set()
        self._problems: dict[str, str] = {}

    async def look(self) -> None:
        """Begin the lanes that have something to do; a turn of a loop."""
        now = self._clock()
        due = await self._errands.due(
            now, calls_before=now - self._missed_wait, tells_people=self._tells_people
        )
        self._show(due, now)
        # calls go on for a while, and what they are promised to be sent is sent
        is_staying = not self._is_draining()
        is_due = {
            "missed-calls": due.missed_calls and is_staying,
            "follow-ups": due.follow_ups and is_staying,
            "messages": due.messages,
        }
        for name, turn in self._lanes.items():
            if is_due[name] and name not in self._running:
                self._begin(name, turn)

    def problems(self) -> dict[str, str]:
        """Say what has waited for too long; every replica sees the same."""
        return dict(self._problems)

    async def close(self) -> None:
        """Let what is being sent go out, for a moment; of the rest the leases run out."""
        await self._tasks.drain(_LAST_S)
        await self._tasks.close()

    def _begin(self, name: str, turn: Turn) -> None:
        self._running.add(name)
        task = self._tasks.spawn(self._run(name, turn))
        task.add_done_callback(lambda _: self._running.discard(name))

    async def _run(self, name: str, turn: Turn) -> None:
        went_well = False
        try:
            async with asyncio.timeout(_TURN_S):
                await turn()
            went_well = True
        except Exception as error:
            is_ours = not isinstance(error, (WacallError, TimeoutError))
            _log.log(
                logging.ERROR if is_ours else logging.WARNING,
                "What was due could not be done; the next turn tries again.",
                extra={"action": "errands-failed", "lane": name, "error": type(error).__name__},
                exc_info=without_text(error) if is_ours else None,
            )
        self._metrics.loop_turned(name, went_well)

    def _show(self, due: Due, now: datetime) -> None:
        since = {
            "message": due.oldest_message,
            "follow-up": due.oldest_follow_up,
            "call-job": due.oldest_job,
            "event": due.oldest_event,
        }
        waits = {kind: now - at if at else timedelta() for kind, at in since.items()}
        for kind, waited in waits.items():
            self._metrics.errand_waits(kind, max(waited.total_seconds(), 0.0))
        self._problems = {}
        if waits["message"] > _MESSAGE_LATE:
            self._problems["messages"] = (
                "A text to a person has waited for minutes; the action `message-later` says why."
            )
        if waits["follow-up"] > _FOLLOW_UP_LATE:
            self._problems["follow-ups"] = (
                "A follow-up is hours late; `wacall follow-ups list` shows it, and why."
            )
