"""What another worker needs is written with the turns that it says are written, and only by whose
call it is.
"""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any, cast

import pytest

from agents import call_lease
from agents.call_lease import CallLease, KeptCall
from agents.media.bridge.voice_state import VoiceState
from agents.phase import Phase
from shared.call.errors import StoreUnavailable
from shared.call.ids import CallId
from shared.call.measured_turn import MeasuredTurn
from shared.call.records import TranscriptTurn
from shared.database.store import AgentStore
from tests.eventually import eventually

CALL = CallId("0b0e3c1e-9a57-4f3c-9a52-0d7e4a3c2b11")
VOICE = VoiceState(
    bridge="http://127.0.0.1:7890",
    leg="wa-1.agent",
    openai_call="rtc_1",
    model="gpt-realtime",
    generation=1,
    expires_at=1e10,
)
KEPT = KeptCall(phase=Phase.TALKING, turns=3, voice=VOICE)


def turn(sequence: int) -> TranscriptTurn:
    return TranscriptTurn(
        call_id=CALL,
        sequence=sequence,
        speaker="user",
        text="Hello.",
        interrupted=False,
        spoken_at=datetime.now(UTC),
    )


class Rows:
    """The database: who has the call, what was kept, and how often it fails."""

    def __init__(self, *, worker: str = "us", failures: int = 0) -> None:
        self.worker, self.failures = worker, failures
        self.kept: list[tuple[KeptCall, list[int]]] = []
        self.measured: list[int] = []

    async def keep_agent(
        self,
        call_id: CallId,
        worker: str,
        state: Mapping[str, Any],
        turns: Sequence[TranscriptTurn],
        measured: Sequence[MeasuredTurn] = (),
    ) -> bool:
        if self.failures:
            self.failures -= 1
            raise StoreUnavailable("the database is away")
        if worker != self.worker:
            return False
        self.kept.append((KeptCall.read(state), [turn.sequence for turn in turns]))
        self.measured.extend(turn.number for turn in measured)
        return True


def lease_on(rows: Rows, lost: list[str] | None = None, kept: KeptCall | None = None) -> CallLease:
    async def store() -> AgentStore:
        return cast(AgentStore, rows)

    told = lost if lost is not None else []
    return CallLease(CALL, "us", store, on_lost=lambda: told.append("lost"), kept=kept)


@pytest.fixture(autouse=True)
def no_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(call_lease, "PAUSES_S", (0.0,))


def test_what_is_kept_can_be_read() -> None:
    """And shows nothing of it in a log."""
    kept = replace(KEPT, voice=replace(VOICE, given_out=("item-of-a-turn",), released_at=1.5))
    assert KeptCall.read(kept.to_json()) == kept
    assert "item-of-a-turn" not in repr(kept)


@pytest.mark.parametrize(
    "changed",
    [{"v": 2}, {"v": None}, {"phase": "asleep"}, {"turns": "many"}, {"voice": {}}, {"voice": 1}],
)
def test_another_versions_state_is_refused(changed: Mapping[str, Any]) -> None:
    """Whoever cannot read it must not guess."""
    with pytest.raises(ValueError, match="cannot be read"):
        KeptCall.read({**KEPT.to_json(), **changed})


async def test_a_turn_and_the_state_that_knows_of_it_are_one_write() -> None:
    """Else a worker that dies between them would have the turn stored twice, or never."""
    rows = Rows()
    lease = lease_on(rows)
    lease.show(Phase.TALKING)
    lease.push(turn(1))
    lease.keep(replace(VOICE, given_out=("a",)))
    await eventually(lambda: len(rows.kept) == 1)
    ((kept, turns),) = rows.kept
    assert (kept.turns, kept.voice.given_out, turns) == (1, ("a",), [1])
    assert await lease.close(1) == 0


async def test_what_a_turn_took_is_written_with_the_state_that_counts_it() -> None:
    """Once, also after a write that failed."""
    rows = Rows(failures=1)
    lease = lease_on(rows)
    lease.measure(MeasuredTurn(call_id=CALL, number=1, began_at=datetime.now(UTC)))
    lease.keep(replace(VOICE, measured=1, measured_parts=("item_1",)))
    await eventually(lambda: rows.kept)
    assert rows.kept[0][0].voice.measured == 1
    lease.show(Phase.OVER)
    assert await lease.close(1) == 0
    assert rows.measured == [1]


async def test_before_the_voice_is_up_there_is_nothing_to_go_on_with() -> None:
    """A set-up that dies is the control plane's business."""
    rows = Rows()
    lease = lease_on(rows)
    lease.show(Phase.READY)
    await lease.close(0.05)
    assert rows.kept == []


async def test_what_was_not_written_is_tried_again_with_what_came_meanwhile() -> None:
    """The newest state, and each turn once."""
    rows = Rows(failures=2)
    lease = lease_on(rows)
    lease.keep(VOICE)
    lease.push(turn(1))
    await eventually(lambda: rows.kept)
    lease.push(turn(2))
    assert await lease.close(1) == 0
    assert [number for _, turns in rows.kept for number in turns] == [1, 2]
    assert rows.kept[-1][0].turns == 2


async def test_whose_call_was_taken_writes_nothing_and_learns_it_once() -> None:
    """Two workers never write for one call."""
    rows, lost = Rows(worker="them"), list[str]()
    lease = lease_on(rows, lost, KEPT)
    lease.push(turn(4))
    await eventually(lambda: lost)
    lease.show(Phase.OVER)
    await asyncio.sleep(0)
    assert await lease.close(1) == 0
    assert (lost, rows.kept) == (["lost"], [])


async def test_who_goes_on_counts_on_where_the_other_stopped() -> None:
    """The state that was read is what the next one is made of."""
    rows = Rows()
    lease = lease_on(rows, kept=KEPT)
    lease.show(Phase.TALKING)
    await lease.close(1)
    assert [kept for kept, _ in rows.kept] == [replace(KEPT, is_done=True)]


async def test_the_last_words_are_told_as_such() -> None:
    """Whoever reads the conversation afterwards waits for it: no earlier write says so."""
    rows = Rows()
    lease = lease_on(rows, kept=KEPT)
    lease.push(turn(4))
    await eventually(lambda: len(rows.kept) == 1)
    lease.push(turn(5))
    await lease.close(1)
    done = [(kept.is_done, turns) for kept, turns in rows.kept]
    assert done[0] == (False, [4])
    assert done[-1][0]
    assert [number for _, turns in done for number in turns] == [4, 5]


async def test_turns_that_nobody_takes_are_counted(caplog: pytest.LogCaptureFixture) -> None:
    """A database that stays away does not keep the worker from stopping."""
    lease = lease_on(Rows(failures=1_000_000), kept=KEPT)
    lease.push(turn(4))
    assert await lease.close(0.05) == 1
    assert "turns-lost" in [record.__dict__.get("action") for record in caplog.records]
