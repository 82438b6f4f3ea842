"""The spans of a process: written when what they tell of is over, each in its call's trace.

Who measures how long something took tells it here as well; there are no hooks beside those. What
is done for no call is in no trace.
"""

import threading
import time
from collections.abc import Mapping, Sequence
from contextvars import ContextVar
from datetime import datetime

from opentelemetry.context import Context, attach
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.id_generator import RandomIdGenerator
from opentelemetry.trace import (
    NonRecordingSpan,
    Span,
    SpanContext,
    StatusCode,
    TraceFlags,
    set_span_in_context,
)

from shared.process.of_call import call_at_work
from shared.tracing.allowed import Value
from shared.tracing.ids import root_span_id_of, trace_id_of
from shared.tracing.writer import Part

_CLOSE_WITHIN_S = 3.0

_root: ContextVar[int | None] = ContextVar("root", default=None)
"""The trace whose root span is being begun."""


class CallIds(RandomIdGenerator):
    """Gives the root span of a call its derived ids, and all others random ones."""

    def generate_trace_id(self) -> int:
        """Return the id of a new trace."""
        return _root.get() or super().generate_trace_id()

    def generate_span_id(self) -> int:
        """Return the id of a new span."""
        trace = _root.get()
        return root_span_id_of(trace) if trace is not None else super().generate_span_id()


def parent_of(call_id: str) -> Context | None:
    """Return the context in which a span is one of the call's; `None`: it is no call of ours."""
    trace = trace_id_of(call_id)
    if trace is None:
        return None
    root = SpanContext(trace, root_span_id_of(trace), True, TraceFlags(TraceFlags.SAMPLED))
    return set_span_in_context(NonRecordingSpan(root), Context())


class Spans:
    """Writes spans. Nothing here blocks or raises: a queue of the SDK's takes them, or drops them.

    May be told from any thread.
    """

    def __init__(self, provider: TracerProvider) -> None:
        """Take what sends them; its ids have to be `CallIds`."""
        self.provider = provider
        self._tracer = provider.get_tracer("wacall")

    def done(
        self,
        name: str,
        seconds: float,
        attributes: Mapping[str, Value],
        *,
        is_well: bool = True,
        call_id: str | None = None,
        ended_at: float | None = None,
        parts: Sequence[Part] = (),
    ) -> None:
        """Write what has ended; see `SpanWriter`."""
        call_id = call_id or call_at_work()
        within = parent_of(call_id) if call_id is not None else None
        if within is None:
            return
        ended_ns = time.time_ns() if ended_at is None else round(ended_at * 1e9)
        span = self._begin(name, within, ended_ns - round(seconds * 1e9), attributes)
        for part in parts:
            began_ns = ended_ns - round(part.seconds * 1e9)
            inner = set_span_in_context(span, within)
            self._begin(part.name, inner, began_ns, part.attributes).end(ended_ns)
        if not is_well:
            span.set_status(StatusCode.ERROR)
        span.end(ended_ns)

    def call_ended(
        self,
        call_id: str,
        began_at: datetime,
        ended_at: datetime,
        attributes: Mapping[str, Value],
    ) -> None:
        """Write the root of a call's trace; see `SpanWriter`."""
        trace = trace_id_of(call_id)
        if trace is None:
            return
        began_ns, ended_ns = (round(at.timestamp() * 1e9) for at in (began_at, ended_at))
        token = _root.set(trace)
        try:
            span = self._begin("call", Context(), began_ns, attributes)
        finally:
            _root.reset(token)
        span.set_attribute("wacall.call", call_id)
        span.end(max(began_ns, ended_ns))

    def enter(self, call_id: str) -> None:
        """Have the spans that libraries begin in the running task be the call's."""
        within = parent_of(call_id)
        if within is not None:
            attach(within)

    def close(self, within_s: float = _CLOSE_WITHIN_S) -> None:
        """Send what is left, for so long at most; blocks."""
        # the SDK would wait for half a minute
        closing = threading.Thread(target=self.provider.shutdown, name="spans", daemon=True)
        closing.start()
        closing.join(within_s)

    def _begin(
        self, name: str, within: Context, began_ns: int, attributes: Mapping[str, Value]
    ) -> Span:
        return self._tracer.start_span(name, within, attributes=attributes, start_time=began_ns)
