"""From session events to stored turns."""

import logging
from datetime import UTC, datetime

import pytest
from livekit.agents.llm import AgentHandoff, ChatMessage

from agents.transcript import TranscriptFold, TranscriptWriter
from shared.call.ids import CallId
from shared.call.measured_turn import MeasuredTurn
from shared.call.records import TranscriptTurn
from shared.database.store import CallNotes
from tests.memory_notes import MemoryNotes

CALL = CallId("call")


def turns(count: int) -> list[TranscriptTurn]:
    fold = TranscriptFold(CALL)
    said = [fold.add(ChatMessage(role="user", content=[f"word {n}"])) for n in range(count)]
    return [turn for turn in said if turn is not None]


def writer_to(store: MemoryNotes) -> TranscriptWriter:
    async def connect() -> CallNotes:
        return store

    return TranscriptWriter(connect)


def test_turns_are_numbered_as_they_finish() -> None:
    """Both sides share one sequence, from 1, without gaps."""
    fold = TranscriptFold(CALL)
    said = [
        fold.add(ChatMessage(role="assistant", content=["Hello."])),
        fold.add(ChatMessage(role="user", content=[" Hi. "])),
        fold.add(ChatMessage(role="assistant", content=["How"], interrupted=True)),
    ]
    assert [(t.sequence, t.speaker, t.text, t.interrupted) for t in said if t] == [
        (1, "assistant", "Hello.", False),
        (2, "user", "Hi.", False),
        (3, "assistant", "How", True),
    ]


@pytest.mark.parametrize(
    "item",
    [
        ChatMessage(role="user", content=[" "]),
        ChatMessage(role="system", content=["You are an agent."]),
        AgentHandoff(new_agent_id="x"),
        None,
    ],
)
def test_what_nobody_said_is_no_turn(item: object) -> None:
    """Silence, instructions and housekeeping take no number."""
    fold = TranscriptFold(CALL)
    assert fold.add(item) is None
    assert fold.turns == 0


async def test_turns_are_written_in_batches_off_the_path() -> None:
    """What waits together is written together, and nothing is left at the end."""
    store = MemoryNotes(CALL)
    writer = writer_to(store)
    for turn in turns(7):
        writer.push(turn)
    assert await writer.close(1) == 0
    assert [sequence for _, sequence in store.turns] == [1, 2, 3, 4, 5, 6, 7]
    assert store.writes == 1


async def test_what_turns_took_is_written_as_well() -> None:
    """Also behind a write that failed in the middle."""
    store = MemoryNotes(CALL, failures=1)
    writer = writer_to(store)
    writer.push(*turns(1))
    writer.measure(MeasuredTurn(call_id=CALL, number=1, began_at=datetime.now(UTC)))
    assert await writer.close(2) == 0
    assert [sequence for _, sequence in store.turns] == [1]
    assert [number for _, number in store.measured] == [1]


async def test_a_failing_write_is_repeated() -> None:
    """A database that is away for a moment loses no turn and no order."""
    store = MemoryNotes(CALL, failures=1)
    writer = writer_to(store)
    for turn in turns(3):
        writer.push(turn)
    assert await writer.close(2) == 0
    assert [sequence for _, sequence in store.turns] == [1, 2, 3]


async def test_the_end_of_a_call_does_not_wait_for_ever(
    caplog: pytest.LogCaptureFixture,
) -> None:
    """A database that stays away costs the time allowed; the log counts and does not quote."""
    writer = writer_to(MemoryNotes(CALL, failures=99))
    for turn in turns(2):
        writer.push(turn)
    with caplog.at_level(logging.DEBUG):
        assert await writer.close(0.05) == 2
    assert "could not be written" in caplog.text
    assert "word" not in caplog.text
