"""A script is played line by line, and the end comes from whoever the script says."""

import asyncio
from typing import Any

import pytest

from simulators.callers.playing import play
from simulators.callers.script import CallerScript

HANGS_UP = {"end_reason": ["caller-hangup"]}


class ToldEnd:
    """Another side that answers at once, and writes down what was done."""

    def __init__(self, *, over_after: int = 99, is_deaf: bool = False) -> None:
        self.told: list[str] = []
        self._over = asyncio.Event()
        self._over_after, self._is_deaf = over_after, is_deaf

    async def hear_out(self) -> None:
        self.told.append("hears out")
        if self._is_deaf:
            await asyncio.Event().wait()

    async def hear_begin(self) -> None:
        self.told.append("hears begin")

    async def say(self, words: str) -> None:
        self.told.append(words)
        if len([one for one in self.told if "hear" not in one]) >= self._over_after:
            self._over.set()
            await asyncio.Event().wait()

    async def until_tool(self) -> None:
        self.told.append("tool")

    async def until_over(self) -> None:
        await self._over.wait()

    def hang_up(self) -> None:
        self.told.append("hangs up")


def script(ends: str = "caller", **given: Any) -> CallerScript:
    lines = [{"say": "One."}, {"say": "Two.", "interrupts": True}]
    return CallerScript.model_validate(
        {
            "name": "x", "about": "Tests.", "lines": lines, "ends": ends, "expect": HANGS_UP,
            **given,
        }
    )  # fmt: skip


@pytest.mark.parametrize(
    ("ends", "last"),
    [
        ("caller", ["hears out", "hangs up"]),
        ("tool", ["tool", "hangs up"]),
        ("agent", ["hangs up"]),
    ],
)
async def test_lines_are_said_in_turn_and_the_end_is_the_scripts(
    ends: str, last: list[str]
) -> None:
    """Who waits for the other side's end in vain hangs up too."""
    end = ToldEnd()
    await play(script(ends), end, patience_s=0.01)
    assert end.told == ["hears out", "One.", "hears begin", "Two.", *last]


async def test_nothing_more_is_said_once_the_other_side_has_ended() -> None:
    """The caller's next line would go nowhere."""
    end = ToldEnd(over_after=1)
    await play(script(), end)
    assert end.told == ["hears out", "One."]


async def test_a_side_that_never_speaks_is_spoken_to_anyway() -> None:
    """Patience has an end."""
    end = ToldEnd(is_deaf=True)
    await play(script(), end, patience_s=0.01)
    assert end.told[-1] == "hangs up"
    assert "Two." in end.told


async def test_what_fails_in_a_line_is_told() -> None:
    """A test that lost its phone must not look like a call that went well."""

    class Broken(ToldEnd):
        async def say(self, words: str) -> None:
            raise OSError("no phone")

    with pytest.raises(OSError, match="no phone"):
        await play(script(), Broken())
