"""Begin to trace, if OTEL_EXPORTER_OTLP_ENDPOINT is set; without it nothing of OTel is imported."""

import logging
import os
from collections.abc import Mapping
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from shared.tracing.spans import Spans

_PATH = "/v1/traces"


def start_spans(endpoint: str | None, service: str, environ: Mapping[str, str]) -> "Spans | None":
    """Return who writes spans to the collector at the endpoint; `None` without one.

    `service` is the name by which the process stands in the traces, unless OTEL_SERVICE_NAME says
    another. The other variables of OTel's (headers, certificates, time limits, the queue's
    length) are its own SDK's, which reads the process's environment: those of `environ`, which a
    file may have been read into, are put there.
    """
    if endpoint is None:
        return None
    for name, value in environ.items():
        if name.startswith("OTEL_"):
            os.environ.setdefault(name, value)
    # 0.2 s of imports
    from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
    from opentelemetry.sdk.resources import Resource
    from opentelemetry.sdk.trace import TracerProvider
    from opentelemetry.sdk.trace.export import BatchSpanProcessor
    from opentelemetry.sdk.trace.sampling import ALWAYS_ON

    from shared.tracing.exporter import CleanExporter
    from shared.tracing.spans import CallIds, Spans

    # `CleanExporter` says what there is to say, once; these would with every batch
    logging.getLogger("opentelemetry").setLevel(logging.CRITICAL)
    logging.getLogger("urllib3").setLevel(logging.ERROR)
    provider = TracerProvider(
        # a call is traced whole, by every process, or not at all: a collector chooses
        sampler=ALWAYS_ON,
        resource=Resource.create({"service.name": os.environ.get("OTEL_SERVICE_NAME", service)}),
        id_generator=CallIds(),
        shutdown_on_exit=False,
    )
    exporter = OTLPSpanExporter(endpoint=f"{endpoint}{_PATH}")
    provider.add_span_processor(BatchSpanProcessor(CleanExporter(exporter)))
    return Spans(provider)
