"""What every story may reach: one way to each neighbour, what is counted, and the time."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from controlplane.core.caller_leg import LegFleet
from controlplane.livekit.rooms import RoomsClient
from controlplane.livekit.whip import WhipClient
from controlplane.meta.lines import Lines
from controlplane.telemetry.metrics import Metrics
from controlplane.use_cases.breakers import Breakers
from controlplane.use_cases.meta_clock import MetaClock
from shared.database.store import CallStore


@dataclass(frozen=True, slots=True, kw_only=True)
class Neighbours:
    """Handed to each use case as a whole; each takes out of it what it needs."""

    store: CallStore
    rooms: RoomsClient
    whip: WhipClient
    lines: Lines
    """The ways to Graph: one for each business number."""
    legs: LegFleet
    metrics: Metrics
    breakers: Breakers
    meta_clock: MetaClock

    @property
    def clock(self) -> Callable[[], datetime]:
        """Returns the time, aware, in UTC: Meta's, where this machine's is wrong."""
        return self.meta_clock.now
