"""A breaker: after failures in a row, who asks a neighbour is spared the wait for a while.

    closed      requests go
    open        the last ones got no answer: none goes until the pause is over
    half-open   the pause is over: one request goes and decides

It forbids nothing that must be done; it says when asking is likely to be waiting in vain. As data:
each change is a new value, the time (monotonic, in seconds) is an argument.
"""

from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Self


class BreakerState(StrEnum):
    """Whether requests go."""

    CLOSED = "closed"
    HALF_OPEN = "half-open"
    OPEN = "open"


@dataclass(frozen=True, slots=True, kw_only=True)
class Breaker:
    """What is known of one neighbour."""

    opens_after: int = 3
    """So many requests in a row without an answer open it."""
    pause_s: float = 5.0
    """For so long nobody asks; then one does."""
    failures: int = 0
    """In a row."""
    ask_at: float | None = None
    """Open: when the next request may go."""

    @property
    def is_open(self) -> bool:
        """Whether the neighbour is taken for silent: open, or half-open."""
        return self.ask_at is not None

    def state(self, now: float) -> BreakerState:
        """Return where it stands."""
        if self.ask_at is None:
            return BreakerState.CLOSED
        return BreakerState.OPEN if now < self.ask_at else BreakerState.HALF_OPEN

    def asked(self, now: float) -> tuple[bool, Self]:
        """Say whether a request may go now, and what the breaker is then.

        Half-open, whoever asks first goes; should nothing be heard of that request, because it was
        cancelled, another one goes after a pause.
        """
        state = self.state(now)
        if state is BreakerState.HALF_OPEN:
            return True, replace(self, ask_at=now + self.pause_s)
        return state is BreakerState.CLOSED, self

    def answered(self) -> Self:
        """The neighbour answered, whatever it said."""
        return replace(self, failures=0, ask_at=None)

    def failed(self, now: float) -> Self:
        """The neighbour did not answer."""
        failures = self.failures + 1
        if failures < self.opens_after or self.state(now) is BreakerState.OPEN:
            # who was under way when it opened does not prolong the pause
            return replace(self, failures=failures)
        return replace(self, failures=failures, ask_at=now + self.pause_s)
