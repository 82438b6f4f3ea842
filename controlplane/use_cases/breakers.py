"""A breaker per neighbour, fed by every request to it: who need not wait can ask it first.

Only clean-up that is tried again anyway asks. A call that is being set up, and an end that is told
for the first time, are worth the wait whatever the last requests met.
"""

import logging
import time
from collections.abc import Callable
from enum import StrEnum

from controlplane.core.breaker import Breaker
from controlplane.telemetry.metrics import Metrics

_log = logging.getLogger(__name__)


class Neighbour(StrEnum):
    """Who has a breaker; the name of the service in `ObserveRequest`."""

    GRAPH = "graph"
    LIVEKIT = "livekit"


_BY_SERVICE = {name.value: name for name in Neighbour}
# outcomes of requests that say nothing of the neighbour, and those that got no answer
_UNTOLD = {"cancelled"}
_UNANSWERED = {"timeout", "unreachable", "graph-unreachable"}

_SENTENCES = {
    Neighbour.GRAPH: "The Graph API does not answer; ends of calls are told to Meta when it does.",
    Neighbour.LIVEKIT: "LiveKit does not answer; rooms of ended calls are deleted when it does.",
}


class Breakers:
    """The breakers of one process."""

    def __init__(self, metrics: Metrics, *, clock: Callable[[], float] = time.monotonic) -> None:
        """Take who counts, and a monotonic clock."""
        self._metrics = metrics
        self._clock = clock
        self._breakers = {name: Breaker() for name in Neighbour}
        for name in Neighbour:
            metrics.breaker_stands(name.value, False)

    def observe(self, service: str, action: str, outcome: str, seconds: float) -> None:
        """Hear of a request that is over, and count it; an `ObserveRequest`."""
        self._metrics.upstream_done(service, action, outcome, seconds)
        name = _BY_SERVICE.get(service)
        if name is None or outcome in _UNTOLD:
            return
        breaker = self._breakers[name]
        if outcome in _UNANSWERED:
            self._replace(name, breaker.failed(self._clock()))
        elif breaker.failures:
            self._replace(name, breaker.answered())

    def allows(self, name: Neighbour) -> bool:
        """Whether to ask the neighbour now; who is told so is expected to ask it."""
        goes, breaker = self._breakers[name].asked(self._clock())
        self._replace(name, breaker)
        return goes

    def problems(self) -> dict[str, str]:
        """Say which neighbour does not answer."""
        return {
            name.value: _SENTENCES[name]
            for name, breaker in self._breakers.items()
            if breaker.is_open
        }

    def _replace(self, name: Neighbour, breaker: Breaker) -> None:
        was_open = self._breakers[name].is_open
        self._breakers[name] = breaker
        if breaker.is_open == was_open:
            return
        self._metrics.breaker_stands(name.value, breaker.is_open)
        if breaker.is_open:
            _log.warning(
                "A neighbour does not answer; clean-up that needs it waits until it does.",
                extra={"action": "breaker-open", "service": name.value},
            )
        else:
            _log.info(
                "A neighbour answers again.",
                extra={"action": "breaker-closed", "service": name.value},
            )
