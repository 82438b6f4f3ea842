"""Loops that must not die, and what is seen of one that does."""

import asyncio
import logging
from collections.abc import AsyncIterator, Awaitable, Callable

import pytest
import pytest_asyncio

from shared.process.logs import JsonFormatter
from shared.process.loops import Loop, Loops

# a pause that is over at once, and a wait that nothing here needs
SOON_S, LONG_S = 0.001, 30.0


class Expected(Exception):
    """A neighbour failed."""


class Fatal(BaseException):
    """Nothing that anybody raises."""


class Seen:
    """What was counted."""

    def __init__(self) -> None:
        """Nothing yet."""
        self.turns: list[tuple[str, bool]] = []
        self._changed = asyncio.Event()

    def observe(self, name: str, went_well: bool) -> None:
        """Count a turn."""
        self.turns.append((name, went_well))
        self._changed.set()

    async def until(self, count: int) -> list[tuple[str, bool]]:
        """Wait for so many turns; return these."""
        async with asyncio.timeout(LONG_S):
            while len(self.turns) < count:
                self._changed.clear()
                await self._changed.wait()
        return self.turns[:count]


@pytest.fixture
def seen() -> Seen:
    """Who counts."""
    return Seen()


@pytest_asyncio.fixture
async def loops(seen: Seen) -> AsyncIterator[Loops]:
    """Loops that end with the test."""
    running = Loops(observe=seen.observe, expected=Expected)
    yield running
    await running.close()


def failing_with(*errors: BaseException | None) -> Callable[[], Awaitable[None]]:
    """Work that fails so, turn by turn, and then goes well."""
    left = list(errors)

    async def work() -> None:
        error = left.pop(0) if left else None
        if error is not None:
            raise error

    return work


@pytest.mark.parametrize(
    ("error", "level"),
    [(Expected("Ada said no"), logging.WARNING), (ValueError("Ada said no"), logging.ERROR)],
)
async def test_a_failing_turn_is_told_and_counted_and_the_next_one_tries_again(
    loops: Loops, seen: Seen, caplog: pytest.LogCaptureFixture, error: Exception, level: int
) -> None:
    """An error that nobody expected is one of ours; neither's text is logged."""
    loops.every(SOON_S, failing_with(None, error), name="watch")
    assert await seen.until(3) == [("watch", True), ("watch", False), ("watch", True)]
    (record,) = caplog.records
    assert record.levelno == level
    assert record.getMessage() == "A turn of a background loop failed; the next one tries again."
    told = {"action": "loop-failed", "loop": "watch", "error": type(error).__name__}
    assert told.items() <= record.__dict__.items()
    written = JsonFormatter().format(record)
    assert "Ada" not in str(record.__dict__) + written
    # what is one of ours says where
    assert ("in work" in written) == (level == logging.ERROR)
    assert loops.problems() == {}


async def test_loops_do_not_wait_for_each_other(loops: Loops, seen: Seen) -> None:
    """One that hangs is named in time; the others go on, and are not."""
    may_end = asyncio.Event()
    loops.every(SOON_S, may_end.wait, name="stuck", patience_s=0.02)
    loops.every(SOON_S, failing_with(), name="busy")
    await seen.until(3)
    async with asyncio.timeout(LONG_S):
        while not loops.problems():
            await asyncio.sleep(SOON_S)
    (problem,) = loops.problems().items()
    assert problem[0] == "stuck"
    assert "s late; restart the process." in problem[1]

    # what was only slow is well again
    may_end.set()
    async with asyncio.timeout(LONG_S):
        while loops.problems():
            await asyncio.sleep(SOON_S)


@pytest.mark.parametrize("error", [Fatal(), asyncio.CancelledError()])
async def test_a_loop_that_dies_is_noticed_at_once(
    loops: Loops, caplog: pytest.LogCaptureFixture, error: BaseException
) -> None:
    """Nothing that a turn should raise ends a loop; what ends it all the same is told."""
    loops.every(SOON_S, failing_with(error), name="watch", patience_s=LONG_S)
    async with asyncio.timeout(LONG_S / 2):
        while not loops.problems():
            await asyncio.sleep(SOON_S)
    assert loops.problems() == {
        "watch": "This background loop has died; restart the process.",
    }
    (record,) = caplog.records
    assert (record.levelno, record.__dict__["action"]) == (logging.CRITICAL, "loop-died")


async def test_a_closed_loop_has_not_died(seen: Seen, caplog: pytest.LogCaptureFixture) -> None:
    """The shutdown stops all of them, also within a turn, and nobody is told."""
    loops = Loops(observe=seen.observe, expected=Expected)
    loops.every(SOON_S, asyncio.Event().wait, name="in-a-turn")
    loops.every(LONG_S, failing_with(), name="in-a-pause")
    loops.every(SOON_S, failing_with(), name="busy")
    await seen.until(2)
    async with asyncio.timeout(LONG_S / 2):
        await loops.close()
    assert (loops.problems(), caplog.records) == ({}, [])


async def test_each_pause_is_asked_for(loops: Loops, seen: Seen) -> None:
    """So a loop can hurry while there is something to see."""
    pauses = iter([SOON_S, 2 * SOON_S])
    asked: list[float] = []

    def pause_s() -> float:
        asked.append(next(pauses, LONG_S))
        return asked[-1]

    loops.every(pause_s, failing_with(), name="watch")
    await seen.until(2)
    assert asked[:2] == [SOON_S, 2 * SOON_S]


@pytest.mark.parametrize(
    ("late_s", "is_dead", "says"),
    [
        (-1.0, False, ""),
        (0.0, False, ""),
        (5.0, False, ""),
        (5.1, False, "A turn of this background loop is 5 s late; restart the process."),
        (-1.0, True, "This background loop has died; restart the process."),
    ],
)
def test_when_a_loop_is_ill(late_s: float, is_dead: bool, says: str) -> None:
    """Late is longer than its patience after its turn was due."""
    loop = Loop(name="watch", patience_s=5.0, due_at=100.0, is_dead=is_dead)
    assert loop.problem(100.0 + late_s) == says
