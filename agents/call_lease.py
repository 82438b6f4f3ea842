"""One call's state and turns on their way to the database: both or neither, and only while it is
ours.

What another worker needs to go on is written whenever it changes, a few times a call, together
with the turns that it says are written: so each turn is stored once, whoever dies when.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Self

from agents.media.bridge.voice_state import VoiceState
from agents.phase import Phase
from agents.transcript import PAUSES_S
from shared.call.ids import CallId
from shared.call.measured_turn import MeasuredTurn
from shared.call.records import TranscriptTurn
from shared.database.store import AgentStore

_log = logging.getLogger(__name__)

_VERSION = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class KeptCall:
    """What another worker needs to go on with a call."""

    phase: Phase
    turns: int
    """So many are written."""
    is_done: bool = False
    """Nothing more will be: the call is over, and its last words are written too."""
    spent_usd: float = 0.0
    """What it has cost so far, as far as that is known."""
    voice: VoiceState = field(repr=False)

    def to_json(self) -> dict[str, Any]:
        """Write it for the row."""
        kept = {
            "v": _VERSION,
            "phase": self.phase.value,
            "turns": self.turns,
            "voice": self.voice.to_json(),
            "spent_usd": round(self.spent_usd, 6),
        }
        return kept | ({"done": True} if self.is_done else {})

    @classmethod
    def read(cls, body: Mapping[str, Any]) -> Self:
        """Read what was written.

        Raises:
            ValueError: it is none, or of a newer version that this one does not understand.
        """
        try:
            if body["v"] != _VERSION:
                raise ValueError("unknown version")
            return cls(
                phase=Phase(body["phase"]),
                turns=int(body["turns"]),
                is_done=body.get("done") is True,
                spent_usd=float(body.get("spent_usd", 0.0)),
                voice=VoiceState.read(body["voice"]),
            )
        except (KeyError, TypeError, ValueError) as error:
            raise ValueError("the state of this call cannot be read") from error


class CallLease:
    """Keeps a call's state, and takes its turns as a `TurnWriter`; needs the running loop."""

    def __init__(
        self,
        call_id: CallId,
        worker: str,
        store: Callable[[], Awaitable[AgentStore]],
        *,
        on_lost: Callable[[], None],
        kept: KeptCall | None = None,
    ) -> None:
        """Take whose the call is, and who is told, once, that it is another worker's.

        `kept` is what the worker before us has left.
        """
        self._call_id, self._worker, self._store = call_id, worker, store
        self._on_lost = on_lost
        self._phase = kept.phase if kept is not None else Phase.SETTING_UP
        self._turns = kept.turns if kept is not None else 0
        self._voice = kept.voice if kept is not None else None
        self._spent_usd = kept.spent_usd if kept is not None else 0.0
        self._waiting: list[TranscriptTurn] = []
        self._measured: list[MeasuredTurn] = []
        self._is_changed = self._is_lost = self._is_closing = False
        self._wake = asyncio.Event()
        self._task = asyncio.create_task(self._run(), name="call-lease")

    def show(self, phase: Phase) -> None:
        """Learn of a phase."""
        self._phase = phase
        self._change()

    def keep(self, voice: VoiceState) -> None:
        """Learn of where the voice is."""
        self._voice = voice
        self._change()

    def push(self, turn: TranscriptTurn) -> None:
        """Hand over a turn; returns at once."""
        self._waiting.append(turn)
        self._turns = turn.sequence
        self._change()

    def measure(self, turn: MeasuredTurn) -> None:
        """Hand over what a turn took; returns at once."""
        self._measured.append(turn)
        self._spent_usd += turn.cost_usd or 0.0
        self._change()

    async def close(self, timeout_s: float) -> int:
        """Write what is waiting, for at most `timeout_s`; return how many turns were lost."""
        # with the last turns goes the word that they are the last: whoever reads the conversation
        # afterwards waits for it
        self._is_closing = True
        self._change()
        await asyncio.wait({self._task}, timeout=timeout_s)
        self.drop()
        await asyncio.gather(self._task, return_exceptions=True)
        lost = 0 if self._is_lost else len(self._waiting)
        if lost:
            _log.error(
                "Turns of the transcript could not be written.",
                extra={"action": "turns-lost", "turns": lost},
            )
        return lost

    def drop(self) -> None:
        """Write nothing any more."""
        self._task.cancel()

    def _change(self) -> None:
        self._is_changed = True
        self._wake.set()

    async def _run(self) -> None:
        while not self._is_lost:
            await self._wake.wait()
            self._wake.clear()
            # a call whose voice is not up yet has nothing that another worker could go on with
            while self._is_changed and self._voice is not None and not self._is_lost:
                await self._write(self._voice)
            if self._is_closing:
                return

    async def _write(self, voice: VoiceState) -> None:
        attempt = 0
        while True:
            # the newest of all, at each attempt
            kept = KeptCall(
                phase=self._phase,
                turns=self._turns,
                is_done=self._is_closing,
                voice=self._voice or voice,
                spent_usd=self._spent_usd,
            )
            batch, measured, self._is_changed = list(self._waiting), list(self._measured), False
            try:
                # bounded by the database's client
                store = await self._store()
                ours = await store.keep_agent(
                    self._call_id, self._worker, kept.to_json(), batch, measured
                )
            except Exception as error:
                self._is_changed = True
                _log.warning(
                    "The state of a call was not written; trying again.",
                    extra={
                        "action": "state-unwritten",
                        "turns": len(batch),
                        "attempt": attempt,
                        "error": type(error).__name__,
                    },
                )
                await asyncio.sleep(PAUSES_S[min(attempt, len(PAUSES_S) - 1)])
                attempt += 1
                continue
            if ours:
                del self._waiting[: len(batch)]
                del self._measured[: len(measured)]
            else:
                self._is_lost = True
                self._on_lost()
            return
