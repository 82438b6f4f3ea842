"""Metrics that are traces as well: whoever is told how long something took tells both."""

import time

from controlplane.telemetry.metrics import Metrics
from shared.call.call import Call, Direction, Termination
from shared.call.records import EventOutcome
from shared.tracing.writer import SpanWriter

# Asked fifty times a second while something is waited for, of which the set-up's step tells.
_POLLS = {("livekit", "list_participants")}


class TracedMetrics(Metrics):
    """The collectors of a control plane whose calls are traced."""

    def __init__(self, spans: SpanWriter) -> None:
        """Take who writes the spans."""
        super().__init__()
        self._spans = spans

    def event_settled(
        self, kind: str, outcome: EventOutcome, received: float | None = None
    ) -> None:
        """Write what an event of a webhook led to, from its arrival on."""
        super().event_settled(kind, outcome, received)
        if received is not None:
            about = {"wacall.event": kind, "wacall.outcome": outcome.value}
            self._spans.done(f"webhook {kind}", time.monotonic() - received, about)

    def call_ended(
        self, direction: Direction, termination: Termination, call: Call | None = None
    ) -> None:
        """Write the root of the call's trace."""
        super().call_ended(direction, termination, call)
        if call is not None:
            self._spans.call_ended(
                call.id,
                call.created_at,
                call.ended_at or call.created_at,
                {
                    "wacall.direction": direction.value,
                    "wacall.status": termination.status.value,
                    "wacall.reason": termination.reason.value,
                    "wacall.duration_s": call.duration_s or 0,
                },
            )

    def stage_done(
        self, direction: Direction, stage: str, milliseconds: float, took_ms: float = 0
    ) -> None:
        """Write a step of a set-up."""
        super().stage_done(direction, stage, milliseconds, took_ms)
        about = {"wacall.stage": stage, "wacall.direction": direction.value}
        self._spans.done(f"set-up {stage}", took_ms / 1000, about)

    def upstream_done(self, service: str, action: str, outcome: str, seconds: float) -> None:
        """Write a request to a neighbour."""
        super().upstream_done(service, action, outcome, seconds)
        if outcome == "ok" and (service, action) in _POLLS:
            return
        about = {"wacall.service": service, "wacall.request": action, "wacall.outcome": outcome}
        self._spans.done(f"{service} {action}", seconds, about, is_well=outcome == "ok")
