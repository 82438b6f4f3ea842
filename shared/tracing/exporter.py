"""The way of spans to a collector: cleaned, bounded, and quiet when nobody is there."""

import logging
from collections.abc import Sequence

from opentelemetry.sdk.trace import ReadableSpan
from opentelemetry.sdk.trace.export import SpanExporter, SpanExportResult
from opentelemetry.trace import Status

from shared.tracing.allowed import allowed, allowed_name

_log = logging.getLogger(__name__)


class CleanExporter(SpanExporter):
    """Exports what is on the list; says once that the collector does not take it, until it does.

    Called by a thread of the SDK's.
    """

    def __init__(self, inner: SpanExporter) -> None:
        """Take who sends."""
        self._inner = inner
        self._fails = False

    def export(self, spans: Sequence[ReadableSpan]) -> SpanExportResult:
        """Send; what could not be sent is lost, for nobody shall wait for traces."""
        result = self._inner.export([clean(span) for span in spans])
        fails = result is not SpanExportResult.SUCCESS
        if fails and not self._fails:
            _log.warning(
                "The collector of traces does not take them; they are lost until it does. See "
                "OTEL_EXPORTER_OTLP_ENDPOINT, which has to speak OTLP over HTTP.",
                extra={"action": "traces-lost"},
            )
        elif self._fails and not fails:
            _log.info(
                "The collector of traces takes them again.", extra={"action": "traces-sent-again"}
            )
        self._fails = fails
        return result

    def shutdown(self) -> None:
        """Stop, in the middle of a repeated try as well."""
        self._inner.shutdown()

    def force_flush(self, timeout_millis: int = 30000) -> bool:
        """Send what is underway."""
        return self._inner.force_flush(timeout_millis)


def clean(span: ReadableSpan) -> ReadableSpan:
    """Return the span with what may leave: no events, links, descriptions of errors."""
    return ReadableSpan(
        name=allowed_name(span.name),
        context=span.context,
        parent=span.parent,
        resource=span.resource,
        attributes=allowed(span.attributes or {}),
        kind=span.kind,
        instrumentation_scope=span.instrumentation_scope,
        status=Status(span.status.status_code),
        start_time=span.start_time,
        end_time=span.end_time,
    )
