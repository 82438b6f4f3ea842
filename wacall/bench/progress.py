"""Tells on stderr what the benchmark does, how far it is and how long it has taken."""

import sys
import time
from typing import TextIO

_EVERY_S = 5.0
"""Without a terminal: at most one line in so many seconds for each step."""


class Progress:
    """One line that changes on a terminal, few lines elsewhere."""

    def __init__(self, stream: TextIO | None = None) -> None:
        """Begin to count the time."""
        self._stream = stream or sys.stderr
        self._is_terminal = self._stream.isatty()
        self._began = time.monotonic()
        self._step = ""
        self._told_at = float("-inf")

    def tell(self, step: str, done: int = 0, of: int = 0) -> None:
        """Tell of a step and how much of it is done."""
        now = time.monotonic()
        is_new, is_through = step != self._step, of > 0 and done == of
        if not (is_new or is_through or self._is_terminal or now - self._told_at >= _EVERY_S):
            return
        self._told_at, self._step = now, step
        how_far = f" {done} of {of}" if of else ""
        line = f"{now - self._began:5.0f} s  {step}{how_far}"
        if self._is_terminal:
            print(f"\r\x1b[K{line}", end="", file=self._stream, flush=True)
        else:
            print(line, file=self._stream, flush=True)

    def close(self) -> None:
        """End the line."""
        if self._is_terminal and self._step:
            print(file=self._stream, flush=True)
