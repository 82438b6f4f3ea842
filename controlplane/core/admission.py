"""How many set-ups may run at once in this process: measured, not configured. Pure rules.

Nobody can say beforehand what agents, SFU and database of an installation carry. So a limit is
learnt from how set-ups go, as TCP learns a path's capacity (RFC 5681; additive increase,
multiplicative decrease):

    answered soon, and the limit was in use    it grows: by one for each, until the first strain;
                                               after that by one for a whole round
    answered late, or given up for lack of     it is halved, once for those that ran side by side
    somebody's time
    given up several times in a row            nothing is admitted for a pause, then one that finds
                                               out (a breaker)

What is felt before any set-up is over, that the event loop, the database or the processors are
late, lowers what the limit admits at once. One set-up is always worth the try, unless the breaker
is open: a caller who is refused for nothing is lost as well.

Times are monotonic, in seconds.
"""

from collections.abc import Collection
from dataclasses import dataclass, field, replace
from typing import Self

from controlplane.core.breaker import Breaker, BreakerState

# Eight at once are answered within 1.9 s on two quiet cores; with twelve the last took 3.0 s, which
# is late, and the limit fell to six (docs/measurements.md). More than that is learnt.
_AT_FIRST = 8.0
_AT_MOST = 64.0
# Until a set-up has told: on two quiet cores `accept` was answered after so long.
_TAKES_AT_FIRST_S = 0.9
# Parts of what a set-up may take: under the first it was soon, over the second it was late.
_SOON, _LATE = 1 / 3, 2 / 3
# Of the signs that come early: half of the limit from the first value on, one from the second on.
_LAG_S = (0.25, 1.0)
_DATABASE_S = (0.5, 3.0)
_PRESSURE = 0.6


@dataclass(frozen=True, slots=True, kw_only=True)
class Vitals:
    """How this process felt of late."""

    loop_lag_s: float = 0.0
    """How late the event loop was at worst."""
    database_s: float = 0.0
    """How long the last claims took at worst."""
    cpu_pressure: float = 0.0
    """The part of the time, 0 to 1, in which something on this machine waited for a processor."""

    def share(self) -> float:
        """Return which part of the limit to use."""
        signs = ((self.loop_lag_s, _LAG_S), (self.database_s, _DATABASE_S))
        if any(value >= much for value, (_, much) in signs):
            return 0.0
        if any(value >= some for value, (some, _) in signs) or self.cpu_pressure >= _PRESSURE:
            return 0.5
        return 1.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """One set-up that is over."""

    began: float
    ended: float
    side_by_side: int
    """How many ran when it began, itself included."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SetupLimit:
    """What was learnt."""

    may_take_s: float
    """How long a set-up may take: later, its caller has waited too long."""
    at_once: float = _AT_FIRST
    is_starting: bool = True
    """No strain has been met yet."""
    took_s: float = _TAKES_AT_FIRST_S
    """How long the last set-up took whose call was answered."""
    reduced_at: float = float("-inf")
    breaker: Breaker = field(default_factory=lambda: Breaker(opens_after=3, pause_s=5.0))

    def admits(self, running: int, vitals: Vitals, now: float) -> bool:
        """Say whether one more set-up may begin beside those that run."""
        if self.breaker.state(now) is BreakerState.OPEN:
            return False
        if running == 0:
            return True
        if self.breaker.is_open:
            return False
        return running < self._usable(vitals)

    def lets_wait(
        self, waiting: int, vitals: Vitals, *, running_since: Collection[float], until: float
    ) -> bool:
        """Say whether one more may wait for a place: one round of set-ups, not two.

        Who has no chance is told at once, and the refusals are spread over the time. There is no
        chance where set-ups take so long of late that no place will be free in time.
        """
        if self.breaker.is_open or waiting >= self._usable(vitals):
            return False
        # the first to begin are the first to leave, to those who have waited longest
        return waiting < len(running_since) and (
            sorted(running_since)[waiting] + self.took_s <= until
        )

    def _usable(self, vitals: Vitals) -> int:
        return int(self.at_once * vitals.share())

    def answered(self, run: Run) -> Self:
        """Learn from a set-up whose call was answered."""
        took_s = run.ended - run.began
        well = replace(self, breaker=self.breaker.answered(), took_s=took_s)
        if took_s > self.may_take_s * _LATE:
            return well._reduced(run)
        # a limit that was not in use says nothing of what would have happened above it
        if took_s > self.may_take_s * _SOON or run.side_by_side * 2 < self.at_once:
            return well
        step = 1.0 if self.is_starting else 1.0 / self.at_once
        return replace(well, at_once=min(_AT_MOST, self.at_once + step))

    def strained(self, run: Run) -> Self:
        """Learn from a set-up that was given up because somebody did not come in time."""
        return replace(self._reduced(run), breaker=self.breaker.failed(run.ended))

    def _reduced(self, run: Run) -> Self:
        if run.began < self.reduced_at:
            # it ran beside the one for which the limit was halved already
            return self
        return replace(
            self, at_once=max(1.0, self.at_once / 2), is_starting=False, reduced_at=run.ended
        )
