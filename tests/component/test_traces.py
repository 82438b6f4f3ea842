"""A call's trace, as a collector gets it: OTLP over HTTP, from a control plane of its own."""

import re
from collections.abc import AsyncIterator

import pytest
import pytest_asyncio
from aiohttp import web
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import (
    ExportTraceServiceRequest,
    ExportTraceServiceResponse,
)
from opentelemetry.proto.trace.v1.trace_pb2 import Span

from shared.call.call import CallStatus
from shared.process.of_call import OfItsCall
from shared.tracing.ids import root_span_id_of, trace_id_of
from tests.component.bench import ACCESS_TOKEN, APP_SECRET, MakeBench, answered
from tests.eventually import eventually
from tests.serving import serving


class Collector:
    """Takes spans, as any OTLP collector does."""

    def __init__(self) -> None:
        self.bodies: list[bytes] = []

    async def take(self, request: web.Request) -> web.Response:
        self.bodies.append(await request.read())
        return web.Response(
            body=ExportTraceServiceResponse().SerializeToString(),
            content_type="application/x-protobuf",
        )

    def spans(self, trace: bytes) -> list[Span]:
        """The spans of one trace that have come so far."""
        requests = [ExportTraceServiceRequest.FromString(body) for body in self.bodies]
        return [
            span
            for request in requests
            for resource in request.resource_spans
            for scope in resource.scope_spans
            for span in scope.spans
            if span.trace_id == trace
        ]


@pytest_asyncio.fixture
async def collector(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[tuple[Collector, str]]:
    """A collector, and its address; the SDK is to keep nothing back for five seconds."""
    monkeypatch.setenv("OTEL_BSP_SCHEDULE_DELAY", "100")
    made = Collector()
    async with serving(web.post("/v1/traces", made.take)) as url:
        yield made, url


async def test_a_call_is_one_trace_that_tells_nothing_personal(
    make_bench: MakeBench, collector: tuple[Collector, str], caplog: pytest.LogCaptureFixture
) -> None:
    """From the webhook over the set-up, LiveKit, Graph and the database to its end."""
    collected, url = collector
    caplog.handler.addFilter(OfItsCall())
    bench = await make_bench(OTEL_EXPORTER_OTLP_ENDPOINT=url)
    call = await answered(bench)
    call.hang_up()
    row = await bench.until_released(call)
    assert row.status is CallStatus.COMPLETED

    trace = trace_id_of(row.id) or 0
    root_id = root_span_id_of(trace).to_bytes(8, "big")
    wanted = {
        "call", "webhook connect", "webhook terminate", "set-up claimed", "set-up agent",
        "set-up accept", "graph pre_accept", "graph accept", "livekit create_room",
    }  # fmt: skip
    found: list[Span] = []

    def has_come() -> bool:
        found[:] = collected.spans(trace.to_bytes(16, "big"))
        return wanted <= {span.name for span in found}

    await eventually(has_come, last=lambda: sorted({span.name for span in found}))
    services = {span.name.partition(" ")[0] for span in found}
    assert {"database", "graph", "livekit"} <= services
    (root,) = [span for span in found if span.name == "call"]
    assert (root.span_id, root.parent_span_id) == (root_id, b"")
    assert {span.parent_span_id for span in found if span is not root} == {root_id}
    assert "other" not in {span.name for span in found}

    # in the bytes as they were sent
    sent = b"".join(collected.bodies)
    person = row.party.person
    assert person is not None
    for secret in (
        person.phone, person.user_id, row.party.name, row.wacid, row.phone_number_id,
        ACCESS_TOKEN, APP_SECRET, "wacid", "ice-ufrag",
    ):  # fmt: skip
        assert secret is None or secret.encode() not in sent
    assert not re.search(rb"v=0\r?\n|https?://", sent)

    # and every line that was logged for the call names it, and nobody else's
    lines = [record for record in caplog.records if "call" in record.__dict__]
    assert {record.__dict__["call"] for record in lines} == {row.id}
    actions = {record.__dict__.get("action") for record in lines}
    assert {"description", "call-answered", "call-ended"} <= actions
