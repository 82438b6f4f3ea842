"""How this process feels: lag of the event loop, of the database, pressure on processors."""

import time
from collections import deque
from collections.abc import Callable
from pathlib import Path

from controlplane.core.admission import Vitals

MEASURE_S = 0.25
"""How often `look` is to be called."""
# What was seen counts for so long.
_MEMORY_S = 2.0
_DATABASE_MEMORY_S = 5.0
# Linux' pressure stall information; not every kernel or container has it (kernel's accounting/psi)
_PRESSURE = Path("/proc/pressure/cpu")


class VitalSigns:
    """What is measured all the time."""

    def __init__(
        self, *, clock: Callable[[], float] = time.monotonic, pressure: Path = _PRESSURE
    ) -> None:
        """Take a monotonic clock, and where the kernel tells how long somebody waited for a CPU."""
        self._clock = clock
        self._pressure = pressure
        self._looked_at: float | None = None
        self._lags: deque[tuple[float, float]] = deque()
        self._claims: deque[tuple[float, float]] = deque()
        self._stalls: deque[tuple[float, float]] = deque()

    async def look(self) -> None:
        """Measure; a turn of a loop."""
        now = self._clock()
        if self._looked_at is not None:
            self._lags.append((now, max(0.0, now - self._looked_at - MEASURE_S)))
        self._looked_at = now
        if (stalled_s := self._stalled_s()) is not None:
            self._stalls.append((now, stalled_s))

    def claimed(self, seconds: float) -> None:
        """Hear how long the database took for a claim, whatever became of it."""
        self._claims.append((self._clock(), seconds))

    def now(self) -> Vitals:
        """Return the worst of the last seconds."""
        return Vitals(
            loop_lag_s=self._worst(self._lags, _MEMORY_S),
            database_s=self._worst(self._claims, _DATABASE_MEMORY_S),
            cpu_pressure=self._pressure_now(),
        )

    def _worst(self, seen: deque[tuple[float, float]], memory_s: float) -> float:
        _forget(seen, self._clock() - memory_s)
        return max((value for _, value in seen), default=0.0)

    def _pressure_now(self) -> float:
        _forget(self._stalls, self._clock() - _MEMORY_S)
        if len(self._stalls) < 2:
            return 0.0
        (began, before), (ended, after) = self._stalls[0], self._stalls[-1]
        return min(1.0, (after - before) / (ended - began)) if ended > began else 0.0

    def _stalled_s(self) -> float | None:
        """Seconds since boot in which something waited for a processor; None: not told."""
        try:
            some = self._pressure.read_text("ascii").partition("\n")[0]
            return int(some.rpartition("total=")[2]) / 1e6
        except (OSError, ValueError):
            return None


def _forget(seen: deque[tuple[float, float]], before: float) -> None:
    while seen and seen[0][0] < before:
        seen.popleft()
