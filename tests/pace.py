"""How this process keeps pace: a time limit of another's is worth only so much as its own time."""

import asyncio
import contextlib
import time
from collections.abc import Iterator

_LOOK_S = 0.01


class Pace:
    """How long this process's event loop has stood still."""

    def __init__(self) -> None:
        """Begin with nothing seen."""
        self.longest_stall_s = 0.0

    async def watch(self) -> None:
        """Measure for ever."""
        while True:
            began = time.monotonic()
            await asyncio.sleep(_LOOK_S)
            stall_s = time.monotonic() - began - _LOOK_S
            self.longest_stall_s = max(self.longest_stall_s, stall_s)


@contextlib.contextmanager
def watched_pace() -> Iterator[Pace]:
    """Measure while the block runs."""
    pace = Pace()
    watching = asyncio.create_task(pace.watch())
    try:
        yield pace
    finally:
        watching.cancel()
