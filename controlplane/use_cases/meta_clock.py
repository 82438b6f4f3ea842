"""The time by which the control plane lives: this machine's, set right by Meta's if it is wrong.

What is compared with Meta's times (when a call was offered, when it ended, until when a permission
holds) would be wrong by as much as our clock is; and replicas whose clocks differ would take each
other's deadlines for over. So everything that asks for the time asks here.
"""

import logging
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

from controlplane.core.meta_time import MetaTime, Skew
from controlplane.telemetry.metrics import Metrics

_log = logging.getLogger(__name__)

_REPEAT_S = 3600.0
"""How often the log repeats that the clock is wrong."""


WallClock = Callable[[], datetime]


def wall_clock() -> datetime:
    """Return this machine's time, in UTC."""
    return datetime.now(UTC)


class MetaClock:
    """What one process knows of Meta's time."""

    def __init__(
        self,
        metrics: Metrics,
        *,
        wall: WallClock = wall_clock,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        """Take who counts, and this machine's clocks."""
        self._metrics = metrics
        self._wall = wall
        self._monotonic = monotonic
        self._meta = MetaTime()
        self._warned_at: float | None = None

    def now(self) -> datetime:
        """Return the time, in UTC: ours, less what it is known to be wrong by."""
        wall, skew = self._look()
        return wall - timedelta(seconds=skew.seconds) if skew.matters else wall

    @property
    def skew(self) -> Skew:
        """By how much this machine's clock is ahead of Meta's."""
        return self._look()[1]

    def told(self, timestamp: datetime, arrived: float) -> None:
        """Hear of a webhook that Meta has signed, and of the monotonic time of its arrival."""
        self._meta = self._meta.told(timestamp.timestamp(), arrived)
        self._report()

    def answered(self, date: datetime, sent: float, arrived: float) -> None:
        """Hear of the `Date` of an answer of Graph's, and of its request's monotonic times."""
        self._meta = self._meta.answered(date.timestamp(), sent, arrived)
        self._report()

    def problems(self) -> dict[str, str]:
        """Say whether the clock is wrong."""
        skew = self.skew
        return {"clock": sentence(skew)} if skew.matters else {}

    def _look(self) -> tuple[datetime, Skew]:
        wall = self._wall()
        return wall, self._meta.skew(wall.timestamp(), self._monotonic())

    def _report(self) -> None:
        skew, now = self.skew, self._monotonic()
        self._metrics.clock_is_off(skew.seconds)
        if skew.matters and (self._warned_at is None or now - self._warned_at >= _REPEAT_S):
            self._warned_at = now
            _log.warning(
                "The clock of this machine is wrong, by Meta's; set it right (NTP). Meta's times "
                "are read by Meta's clock meanwhile.",
                extra={"action": "clock-skewed", "skew_s": round(skew.seconds, 1)},
            )
        elif not skew.matters and self._warned_at is not None:
            self._warned_at = None
            _log.info(
                "The clock of this machine is right again.",
                extra={"action": "clock-skewed", "skew_s": round(skew.seconds, 1)},
            )


def sentence(skew: Skew) -> str:
    """Say by how much a clock is off, and what to do."""
    side = "ahead of" if skew.seconds > 0 else "behind"
    return (
        f"This machine's clock is {abs(skew.seconds):.0f} s {side} Meta's; set it right (NTP). "
        "Calls go by Meta's time meanwhile, but logs and LiveKit's tokens do not."
    )
