"""The traces of a job process, which decodes one call's sound and has livekit-agents' own spans."""

import asyncio
import os
from typing import TYPE_CHECKING, Self

from agents.metrics import AgentMetrics
from agents.settings import Settings
from agents.traced_metrics import TracedAgentMetrics
from shared.tracing.starting import start_spans

if TYPE_CHECKING:
    from shared.tracing.spans import Spans

SERVICE = "wacall-agent"
"""What a worker is called in traces."""


class CallTrace:
    """What one process tells of its call; nothing, if calls are not traced."""

    def __init__(self, spans: "Spans | None") -> None:
        """Take who writes spans."""
        self._spans = spans
        self.metrics: AgentMetrics | None = None
        if spans is not None:
            self.metrics = TracedAgentMetrics(spans)

    @classmethod
    def begin(cls, settings: Settings) -> Self:
        """Begin as the settings say, and have livekit-agents write its spans there as well."""
        spans = start_spans(settings.otel_endpoint, SERVICE, os.environ)
        if spans is not None:
            from livekit.agents import telemetry

            # by default it would send along what people say
            telemetry.set_tracer_provider(spans.provider, allow_pii=False)
        return cls(spans)

    def enter(self, call_id: str) -> None:
        """Have what the running task begins be part of the call's trace."""
        if self._spans is not None:
            self._spans.enter(call_id)

    async def close(self) -> None:
        """Send what is left, within 3 s."""
        if self._spans is not None:
            await asyncio.to_thread(self._spans.close)
