"""How far the start of several parts is, on the screen."""

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator, Sequence
from typing import Protocol

STATUS_EVERY_S = 0.2


class Board(Protocol):
    """Where progress is shown."""

    def line(self, text: str, /) -> None:
        """Show a line that stays."""

    def status(self, text: str, /) -> None:
        """Show what is awaited now, for as long as it is."""


class Progress:
    """One line for each part that is up; one that moves for those that are awaited."""

    def __init__(self, screen: Board) -> None:
        """Begin to count the seconds."""
        self._screen = screen
        self._began = time.monotonic()
        self._awaited: dict[str, str] = {}

    @property
    def elapsed_s(self) -> float:
        """Seconds since the start."""
        return time.monotonic() - self._began

    def begins(self, part: str, how_far: str = "") -> None:
        """Note that a part is awaited, and how far it is."""
        self._awaited[part] = f"{part} ({how_far})" if how_far else part

    def is_up(self, part: str, note: str = "") -> None:
        """Say that a part is there."""
        self._awaited.pop(part, None)
        self._screen.line(f"  {self.elapsed_s:5.1f} s  {part}{f'  ({note})' if note else ''}")

    @contextlib.asynccontextmanager
    async def shown(self) -> AsyncIterator[None]:
        """Keep what is awaited on the screen."""
        showing = asyncio.create_task(self._show())
        try:
            yield
        finally:
            showing.cancel()
            await asyncio.wait([showing])

    async def _show(self) -> None:
        while True:
            if self._awaited:
                names = listed(list(self._awaited.values()))
                self._screen.status(f"  {self.elapsed_s:5.1f} s  waiting for {names} …")
            await asyncio.sleep(STATUS_EVERY_S)


def listed(names: Sequence[str]) -> str:
    """Write names as a sentence lists them."""
    return ", ".join(names[:-1]) + " and " + names[-1] if len(names) > 1 else "".join(names)
