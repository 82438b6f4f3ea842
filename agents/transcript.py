"""Who said what: session events folded into turns, and the queue that brings them to the store."""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Protocol

from livekit.agents.llm import ChatMessage

from shared.call.ids import CallId
from shared.call.measured_turn import MeasuredTurn
from shared.call.records import TranscriptTurn
from shared.database.store import CallNotes

_log = logging.getLogger(__name__)

_SPEAKERS = {"user": "user", "assistant": "assistant"}
_BATCH = 50
# The pause before the next try; the last one is repeated for as long as the call goes on.
PAUSES_S = (0.2, 0.5, 1.0, 2.0, 5.0)


@dataclass(slots=True)
class TranscriptFold:
    """Numbers the turns of one call in the order in which they finish."""

    call_id: CallId
    turns: int = 0

    def add(self, item: object) -> TranscriptTurn | None:
        """Fold one item of the conversation; `None` when it is nothing that was said."""
        if not isinstance(item, ChatMessage) or item.role not in _SPEAKERS:
            return None
        text = (item.text_content or "").strip()
        if not text:
            return None
        self.turns += 1
        return TranscriptTurn(
            call_id=self.call_id,
            sequence=self.turns,
            speaker=_SPEAKERS[item.role],
            text=text,
            interrupted=item.interrupted,
            spoken_at=datetime.fromtimestamp(item.created_at, UTC),
        )


class TurnWriter(Protocol):
    """Who brings turns to the database."""

    def push(self, turn: TranscriptTurn) -> None:
        """Hand over a turn; returns at once."""

    def measure(self, turn: MeasuredTurn) -> None:
        """Hand over what a turn took; returns at once."""

    async def close(self, timeout_s: float) -> int:
        """Write what is waiting, for at most `timeout_s`; return how many turns were lost."""


class TranscriptWriter:
    """Writes turns in the background, in batches, until they are written or the time is up."""

    def __init__(self, store: Callable[[], Awaitable[CallNotes]]) -> None:
        """Take the way to the store; it may not be connected yet."""
        self._store = store
        self._waiting: list[TranscriptTurn] = []
        self._measured: list[MeasuredTurn] = []
        self._wake = asyncio.Event()
        self._closing = False
        self._task = asyncio.create_task(self._run(), name="transcript-writer")

    def push(self, turn: TranscriptTurn) -> None:
        """Hand over a turn; returns at once."""
        self._waiting.append(turn)
        self._wake.set()

    def measure(self, turn: MeasuredTurn) -> None:
        """Hand over what a turn took; returns at once."""
        self._measured.append(turn)
        self._wake.set()

    async def close(self, timeout_s: float) -> int:
        """Write what is waiting, for at most `timeout_s`; return how many turns were lost."""
        self._closing = True
        self._wake.set()
        await asyncio.wait({self._task}, timeout=timeout_s)
        self._task.cancel()
        await asyncio.gather(self._task, return_exceptions=True)
        if self._waiting:
            _log.error(
                "Turns of the transcript could not be written.",
                extra={"action": "turns-lost", "turns": len(self._waiting)},
            )
        return len(self._waiting)

    async def _run(self) -> None:
        while True:
            await self._wake.wait()
            self._wake.clear()
            while self._waiting or self._measured:
                await self._write(self._waiting[:_BATCH], self._measured[:_BATCH])
            if self._closing:
                return

    async def _write(self, batch: list[TranscriptTurn], measured: list[MeasuredTurn]) -> None:
        attempt = 0
        while True:
            try:
                # bounded by the database's client; a limit of our own would cut its tries in two
                store = await self._store()
                # one after the other: what was written once is written again without harm
                if batch:
                    await store.add_transcripts(batch)
                if measured:
                    await store.add_measured(measured)
            except Exception as error:
                _log.warning(
                    "A piece of the transcript was not written; trying again.",
                    extra={
                        "action": "turns-unwritten",
                        "turns": len(batch),
                        "attempt": attempt,
                        "error": type(error).__name__,
                    },
                )
                await asyncio.sleep(PAUSES_S[min(attempt, len(PAUSES_S) - 1)])
                attempt += 1
            else:
                del self._waiting[: len(batch)]
                del self._measured[: len(measured)]
                return
