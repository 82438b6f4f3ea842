"""`offPurpose`."""

from dataclasses import dataclass
from typing import Any, cast

import pytest

from agents.media.tool import ToolProblem, Turn
from agents.tools.off_purpose import OffPurpose, told
from shared.call.records import ToolCall
from tests.memory_notes import MemoryNotes
from tests.unit.agents.tools.desks import CALL, NOW, desk_with


@dataclass
class InTurn:
    call_id: str


async def report(tool: Any, call_id: str, **given: object) -> str:
    said: str = await tool.run(given or {"request": "a poem"}, cast(Turn, InTurn(call_id)))
    return said


def test_the_third_time_leads_out() -> None:
    """To a person, or to the end of the call."""
    for times in (1, 2):
        assert "lead back to what" in told(times)
    for times in (3, 4):
        assert "Do not lead back" in told(times)
        assert "requestHuman" in told(times)
        assert "endCall" in told(times)


async def test_a_report_counts_once() -> None:
    """The same call of the model's, run twice, is one."""
    tool = OffPurpose(desk_with(MemoryNotes(CALL))).tool()
    assert await report(tool, "a") == told(1)
    assert await report(tool, "a") == told(1)
    assert await report(tool, "b") == told(2)
    assert await report(tool, "c") == told(3)


async def test_a_worker_that_takes_over_goes_on_counting() -> None:
    """What the one before it has stored is read once; its own reports come on top."""
    store = MemoryNotes(CALL)
    await store.add_tool_call(ToolCall(id="1", call_id=CALL, name="offPurpose", began_at=NOW))
    tool = OffPurpose(desk_with(store)).tool()
    assert await report(tool, "b") == told(2)
    await store.add_tool_call(ToolCall(id="2", call_id=CALL, name="offPurpose", began_at=NOW))
    assert await report(tool, "c") == told(3)


async def test_a_database_that_is_away_keeps_nobody_waiting() -> None:
    """It is counted from here."""
    tool = OffPurpose(desk_with(MemoryNotes(CALL, failures=1))).tool()
    assert await report(tool, "a") == told(1)


async def test_a_report_of_nothing_is_corrected() -> None:
    """And does not count."""
    tool = OffPurpose(desk_with(MemoryNotes(CALL))).tool()
    with pytest.raises(ToolProblem, match="request"):
        await report(tool, "a", request=" ")
    assert await report(tool, "b") == told(1)
