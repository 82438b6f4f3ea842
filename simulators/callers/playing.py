"""Plays a caller's script at one end of a call, whatever carries it."""

import asyncio
from collections.abc import Awaitable
from typing import Final, Protocol

from simulators.callers.script import CallerScript

PATIENCE_S: Final = 30.0
"""Whoever hears nothing for so long speaks anyway, and whoever waits for the end hangs up."""


class CallEnd(Protocol):
    """The caller's end of a call."""

    async def hear_out(self) -> None:
        """Wait until the other side has spoken since the last word here, and is silent."""

    async def hear_begin(self) -> None:
        """Wait until the other side speaks."""

    async def say(self, words: str) -> None:
        """Say something."""

    async def until_tool(self) -> None:
        """Wait until the other side has called a tool since the last word here."""

    async def until_over(self) -> None:
        """Wait until the other side has ended the call."""

    def hang_up(self) -> None:
        """End the call; harmless when it is over."""


async def play(script: CallerScript, end: CallEnd, *, patience_s: float = PATIENCE_S) -> None:
    """Say everything, and let the call end as the script says.

    Returns early when the other side ends the call.
    """
    over = asyncio.ensure_future(end.until_over())
    playing = asyncio.ensure_future(_play(script, end, over, patience_s))
    try:
        await asyncio.wait((over, playing), return_when=asyncio.FIRST_COMPLETED)
        if playing.done():
            playing.result()
    finally:
        for task in (over, playing):
            task.cancel()
        await asyncio.gather(over, playing, return_exceptions=True)


async def _play(
    script: CallerScript, end: CallEnd, over: asyncio.Future[None], patience_s: float
) -> None:
    for line in script.lines:
        await _patiently(end.hear_begin() if line.interrupts else end.hear_out(), patience_s)
        await asyncio.sleep(line.pause_s)
        await end.say(line.say)
    match script.ends:
        case "tool":
            await _patiently(end.until_tool(), patience_s)
        case "caller":
            await _patiently(end.hear_out(), patience_s)
        case "agent":
            # a goodbye takes its time
            await asyncio.wait((over,), timeout=2 * patience_s)
    end.hang_up()


async def _patiently(waiting: Awaitable[None], patience_s: float) -> None:
    try:
        async with asyncio.timeout(patience_s):
            await waiting
    except TimeoutError:
        return
