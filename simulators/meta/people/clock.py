"""The simulator's clock: the time of the day, moved on at will, so that permissions run out."""

import time


class Clock:
    """UNIX seconds; never goes back."""

    def __init__(self) -> None:
        self._ahead_s = 0.0

    def now(self) -> float:
        """Return the simulated time."""
        return time.time() + self._ahead_s

    def advance(self, seconds: float) -> None:
        """Let time pass at once.

        Raises:
            ValueError: `seconds` is negative.
        """
        if seconds < 0:
            raise ValueError("time goes forward only; give a number of seconds of at least 0")
        self._ahead_s += seconds
