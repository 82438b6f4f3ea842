"""A call's spans are one trace, whichever process writes them."""

import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor, SpanExporter, SpanExportResult
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from opentelemetry.trace import StatusCode

from shared.process.of_call import working_for
from shared.tracing.exporter import CleanExporter
from shared.tracing.ids import root_span_id_of, trace_id_of
from shared.tracing.spans import CallIds, Spans
from shared.tracing.writer import Part

CALL = "0b0e3c1e-9a57-4f3c-9a52-0d7e4a3c2b11"
TRACE = trace_id_of(CALL) or 0
NOW = datetime(2026, 11, 27, 12, tzinfo=UTC)


class Process:
    """One process that writes spans, and what a collector got of it."""

    def __init__(self) -> None:
        self.memory = InMemorySpanExporter()
        provider = TracerProvider(id_generator=CallIds(), shutdown_on_exit=False)
        provider.add_span_processor(SimpleSpanProcessor(CleanExporter(self.memory)))
        self.spans = Spans(provider)

    def sent(self) -> list[ReadableSpan]:
        return list(self.memory.get_finished_spans())


@pytest.fixture
def process() -> Process:
    return Process()


def test_the_spans_of_two_processes_are_one_trace() -> None:
    """Neither has told the other anything: both hang below the root that one of them writes."""
    one, other = Process(), Process()
    with working_for(CALL):
        one.spans.done("database update_call", 0.25, {"wacall.outcome": "ok"})
        model_part = Part(name="model", seconds=0.5)
        other.spans.done(
            "turn", 1.0, {"wacall.turn": 1}, ended_at=NOW.timestamp(), parts=[model_part]
        )
    one.spans.call_ended(CALL, NOW - timedelta(seconds=60), NOW, {"wacall.status": "completed"})

    request, root = one.sent()
    model, turn = other.sent()
    assert {span.context.trace_id for span in (request, root, turn, model) if span.context} == {
        TRACE
    }
    assert root.context is not None
    assert (root.context.span_id, root.parent) == (root_span_id_of(TRACE), None)
    assert all(one.parent and one.parent.span_id == root.context.span_id for one in (request, turn))
    assert model.parent is not None
    assert turn.context is not None
    assert model.parent.span_id == turn.context.span_id
    assert (root.end_time or 0) - (root.start_time or 0) == 60_000_000_000
    assert (request.end_time or 0) - (request.start_time or 0) == 250_000_000
    assert (turn.end_time or 0) == NOW.timestamp() * 1e9
    assert dict(root.attributes or {}) == {"wacall.status": "completed", "wacall.call": CALL}


def test_what_is_done_for_no_call_is_in_no_trace(process: Process) -> None:
    """Such as the loops' looks, and calls that are not ours."""
    process.spans.done("database read_due", 0.1, {})
    process.spans.done("database read_due", 0.1, {}, call_id="wacid.x")
    process.spans.call_ended("wacid.x", NOW, NOW, {})
    assert process.sent() == []


def test_a_library_s_spans_are_the_call_s_and_tell_no_more_than_ours(process: Process) -> None:
    """Neither in attributes nor events, nor in what went wrong."""

    def library() -> None:
        process.spans.enter(CALL)
        tracer = process.spans.provider.get_tracer("library")
        about: dict[str, str | bool] = {"lk.pii.x": "Ada", "lk.interrupted": True}
        with tracer.start_as_current_span("agent_session", attributes=about) as span:
            span.record_exception(ValueError("Ada said +15551234567"))
            span.set_status(StatusCode.ERROR, "Ada said +15551234567")

    # what is entered stays entered in that thread
    thread = threading.Thread(target=library)
    thread.start()
    thread.join()

    (span,) = process.sent()
    assert span.context is not None
    assert span.context.trace_id == TRACE
    assert dict(span.attributes or {}) == {"lk.interrupted": True}
    assert not span.events
    assert not span.status.is_ok
    assert "Ada" not in span.to_json()


class Collector(SpanExporter):
    """One that answers as it is told."""

    def __init__(self, answers: Iterator[SpanExportResult]) -> None:
        self._answers = answers

    def export(self, _: object) -> SpanExportResult:
        return next(self._answers)


def test_a_dead_collector_costs_one_line(caplog: pytest.LogCaptureFixture) -> None:
    """And its coming back another one."""
    caplog.set_level("INFO")
    dead, well = SpanExportResult.FAILURE, SpanExportResult.SUCCESS
    exporter = CleanExporter(Collector(iter([well, dead, dead, dead, well, well, dead])))
    for _ in range(7):
        exporter.export([])
    assert [record.__dict__["action"] for record in caplog.records] == [
        "traces-lost", "traces-sent-again", "traces-lost",
    ]  # fmt: skip


def test_the_end_of_a_process_waits_for_no_collector() -> None:
    """One that takes a connection and says nothing."""
    hangs, let_go = threading.Event(), threading.Event()

    class Silent(SpanExporter):
        def export(self, _: object) -> SpanExportResult:
            hangs.set()
            let_go.wait(30)
            return SpanExportResult.FAILURE

        def shutdown(self) -> None:
            hangs.set()
            let_go.wait(30)

    provider = TracerProvider(shutdown_on_exit=False)
    provider.add_span_processor(SimpleSpanProcessor(Silent()))
    Spans(provider).close(within_s=0.01)
    # it has returned, though what it asked for has not
    assert hangs.wait(30)
    let_go.set()
