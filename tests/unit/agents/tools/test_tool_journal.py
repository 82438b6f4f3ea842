"""Each call of a tool is written down."""

import asyncio
from datetime import UTC, datetime
from typing import Any

from agents.media.tool import ToolUse
from agents.tools.tool_journal import ToolJournal
from shared.call.ids import CallId
from shared.call.records import ToolCall
from shared.database.store import CallNotes
from tests.memory_notes import MemoryNotes

CALL = CallId("5f1c9a52-6c1d-4f2e-9c8e-0d5f3a1b2c3d")
NOW = datetime(2026, 11, 27, 7, tzinfo=UTC)


def use(call_id: str = "call_1", **given: Any) -> ToolUse:
    told = {"output": "Written down.", "error": None, "took_ms": 12} | given
    return ToolUse(
        call_id=call_id, name="upsertLead", arguments={"name": "Ada"}, began_at=NOW, **told
    )


def journal_in(store: CallNotes) -> ToolJournal:
    async def connect() -> CallNotes:
        return store

    return ToolJournal(CALL, connect)


async def test_what_was_asked_and_answered_is_kept() -> None:
    """A refused one with its reason; one that was cut off was never answered."""
    store = MemoryNotes(CALL)
    journal = journal_in(store)
    journal.keep(use())
    journal.keep(use("call_2", output="No.", error="refused"))
    journal.keep(use("call_3", output=None, error="cut-off"))
    await journal.close(2)
    kept = [(one.result, one.error, one.latency_ms) for one in store.tool_calls.values()]
    assert kept == [
        ("Written down.", None, 12),
        ("No.", "refused", 12),
        (None, "cut-off", None),
    ]
    assert store.tool_calls[ToolCall.id_of(CALL, "call_1")].arguments == {"name": "Ada"}


async def test_a_call_of_a_tool_is_one_row_whoever_writes_it() -> None:
    """Another worker that has taken the call over may write it a second time."""
    store = MemoryNotes(CALL)
    for output in ("Written down.", "Written down again."):
        journal = journal_in(store)
        journal.keep(use(output=output))
        await journal.close(2)
    (kept,) = store.tool_calls.values()
    assert kept.result == "Written down."


async def test_a_database_that_is_away_for_a_moment_loses_nothing() -> None:
    """It is tried again, in order."""
    store = MemoryNotes(CALL, failures=1)
    journal = journal_in(store)
    journal.keep(use())
    await journal.close(5)
    assert len(store.tool_calls) == 1


async def test_the_end_of_a_call_waits_no_longer_than_it_says() -> None:
    """What could not be written is told in the log, and nothing is left running."""
    journal = journal_in(MemoryNotes(CALL, failures=99))
    journal.keep(use())
    async with asyncio.timeout(1):
        await journal.close(0.01)


async def test_a_call_that_another_worker_has_is_its_to_tell() -> None:
    """After the let-go nothing more is taken."""
    store = MemoryNotes(CALL)
    journal = journal_in(store)
    await journal.close(0)
    journal.keep(use())
    await asyncio.sleep(0)
    assert store.tool_calls == {}


async def test_a_call_that_was_erased_keeps_nothing() -> None:
    """And holds nobody up."""
    store = MemoryNotes(CallId("00000000-0000-4000-8000-000000000000"))
    journal = journal_in(store)
    journal.keep(use())
    async with asyncio.timeout(1):
        await journal.close(5)
    assert store.tool_calls == {}
