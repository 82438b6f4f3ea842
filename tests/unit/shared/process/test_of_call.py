"""Whatever a task logs names the call that it works for."""

import asyncio
import logging

from shared.process.logs import configure
from shared.process.of_call import OfItsCall, call_at_work, work_for, working_for


def record(**extra: object) -> logging.LogRecord:
    made = logging.makeLogRecord({"name": "some.library", "levelno": 20, "levelname": "INFO"})
    made.__dict__.update(extra)
    assert OfItsCall().filter(made)
    return made


async def test_a_line_names_the_call_that_its_task_works_for() -> None:
    """Of many calls of one process; a line that names one itself keeps it."""
    said: dict[str, object] = {}

    async def inner(call: str) -> None:
        # a task inherits the call of the one that began it
        said[call] = record().__dict__["call"]

    async def work(call: str) -> None:
        work_for(call)
        await asyncio.sleep(0)
        await asyncio.create_task(inner(call))
        assert record(call="another").__dict__["call"] == "another"

    await asyncio.gather(work("one"), work("two"))

    assert said == {"one": "one", "two": "two"}
    assert call_at_work() is None
    assert "call" not in record().__dict__


def test_a_block_gives_its_call_back() -> None:
    """A loop that looks at one call after another works for none in between."""
    with working_for("one"):
        with working_for("two"):
            assert call_at_work() == "two"
        with working_for(None):
            assert call_at_work() is None
        assert call_at_work() == "one"
    assert call_at_work() is None


def test_every_process_of_ours_logs_like_that() -> None:
    """Control plane and worker set their logs up by the same function."""
    root = logging.getLogger()
    before, level = list(root.handlers), root.level
    try:
        configure("INFO", "json")
        assert any(isinstance(one, OfItsCall) for one in root.handlers[0].filters)
    finally:
        root.handlers[:] = before
        root.setLevel(level)
