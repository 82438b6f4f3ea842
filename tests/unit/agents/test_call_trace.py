"""A process that decodes a call: livekit-agents' spans are in its trace, without words."""

from collections.abc import Iterator

import pytest
from aiohttp import web
from livekit.agents import telemetry
from opentelemetry import trace as otel
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

from agents.call_trace import CallTrace
from agents.settings import Settings
from shared.tracing.ids import root_span_id_of, trace_id_of
from tests.serving import serving

CALL = "0b0e3c1e-9a57-4f3c-9a52-0d7e4a3c2b11"
NEEDED = {
    "LIVEKIT_URL": "ws://127.0.0.1:1",
    "LIVEKIT_API_KEY": "key",
    "LIVEKIT_API_SECRET": "s" * 32,
    "SUPABASE_URL": "http://127.0.0.1:1",
    "SUPABASE_SECRET_KEY": "secret",
    "OPENAI_API_KEY": "sk-x",
    "AGENT_MEDIA": "worker",
}


@pytest.fixture
def framework() -> Iterator[None]:
    """What livekit-agents writes spans with is the process's."""
    before = otel.get_tracer_provider()
    yield
    telemetry.set_tracer_provider(before, allow_pii=False)


@pytest.mark.usefixtures("framework")
async def test_the_frameworks_spans_are_in_the_calls_trace_without_words() -> None:
    """What is left of them is sent when the call is over, by OTLP over HTTP."""
    bodies: list[bytes] = []

    async def take(request: web.Request) -> web.Response:
        bodies.append(await request.read())
        return web.Response()

    async with serving(web.post("/otlp/v1/traces", take)) as url:
        environ = {**NEEDED, "OTEL_EXPORTER_OTLP_ENDPOINT": f"{url}/otlp/"}
        trace = CallTrace.begin(Settings.from_env(environ))
        trace.enter(CALL)
        about = {"lk.pii.user_transcript": "I am Ada", "lk.interrupted": True}
        with telemetry.tracer.start_as_current_span("user_turn", attributes=about) as span:
            span.set_attribute("lk.function_tools", ["phone 15551234567"])
        assert trace.metrics is not None
        trace.metrics.became_ready(1.0)
        await trace.close()

    (request,) = (ExportTraceServiceRequest.FromString(body) for body in bodies)
    (resource,) = request.resource_spans
    named = {one.key: one.value.string_value for one in resource.resource.attributes}
    assert named["service.name"] == "wacall-agent"
    (turn,) = (span for scope in resource.scope_spans for span in scope.spans)
    assert turn.name == "user_turn"
    trace_id = trace_id_of(CALL) or 0
    assert turn.trace_id == trace_id.to_bytes(16, "big")
    assert turn.parent_span_id == root_span_id_of(trace_id).to_bytes(8, "big")
    assert [one.key for one in turn.attributes] == ["lk.interrupted"]
    assert b"Ada" not in bodies[0]
    assert b"5551234567" not in bodies[0]


async def test_without_a_collector_a_process_tells_nothing() -> None:
    """And costs what it did."""
    trace = CallTrace.begin(Settings.from_env(NEEDED))
    trace.enter(CALL)
    assert trace.metrics is None
    await trace.close()
