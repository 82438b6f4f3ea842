"""What a worker measures, it tells a trace as well."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from agents.media.tool import ToolUse
from agents.traced_metrics import TracedAgentMetrics
from shared.call.ids import CallId
from shared.call.measured_turn import MeasuredTurn
from shared.tracing.allowed import Value
from shared.tracing.writer import Part

CALL = CallId("0b0e3c1e-9a57-4f3c-9a52-0d7e4a3c2b11")
NOW = datetime(2026, 11, 27, 12, tzinfo=UTC)


class Told:
    """Takes the place of the spans."""

    def __init__(self) -> None:
        self.done_: list[tuple[str, float, Mapping[str, Value], dict[str, Any]]] = []

    def done(self, name: str, seconds: float, attributes: Mapping[str, Value], **more: Any) -> None:
        self.done_.append((name, seconds, attributes, more))

    def call_ended(self, *_: Any) -> None:
        raise AssertionError("a worker ends no call")


def tool(name: str, error: str | None) -> ToolUse:
    return ToolUse(
        call_id="call_1", name=name, arguments={"phone": "15551234567"}, output="Ada",
        error=error, began_at=NOW, took_ms=500,
    )  # fmt: skip


def test_a_turn_and_the_models_part_of_it_end_with_the_first_sound() -> None:
    """The model's span lies in the turn's; what was not measured is left out."""
    told = Told()
    metrics = TracedAgentMetrics(told)
    spoken = MeasuredTurn(
        call_id=CALL, number=2, began_at=NOW, response_ms=750, model_ms=500, transcribed=True,
        tokens={"audio_in": 30, "text_cached": 12, "audio_out": 100, "transcription_s": 2.5},
        model="gpt-realtime",
    )  # fmt: skip
    metrics.turn_measured(spoken)
    metrics.turn_measured(MeasuredTurn(call_id=CALL, number=3, began_at=NOW))

    turn, silent = told.done_
    assert turn[:2] == ("turn", 0.75)
    assert turn[2] == {
        "wacall.turn": 2, "wacall.response_ms": 750, "wacall.model_ms": 500,
        "wacall.transcribed": True, "wacall.model": "gpt-realtime",
        "wacall.tokens_in": 42, "wacall.tokens_out": 100,
    }  # fmt: skip
    model = Part(name="model", seconds=0.5, attributes={"wacall.model": "gpt-realtime"})
    ended_at = NOW.timestamp() + 0.75
    assert turn[3] == {"call_id": CALL, "ended_at": ended_at, "parts": [model]}
    assert silent[:2] == ("turn", 0)
    assert silent[3]["parts"] == []


def test_tools_requests_and_waits_are_spans() -> None:
    """A tool by the name under which it is counted, without what it was given or said."""
    told = Told()
    metrics = TracedAgentMetrics(told)
    metrics.tool_used(tool("upsertLead", None))
    metrics.tool_used(tool("15551234567", "unknown-tool"))
    metrics.upstream_done("database", "read_call", "ok", 0.1)
    metrics.became_ready(1.5)
    metrics.picked_up(0.2)

    assert [one[0] for one in told.done_] == [
        "tool upsertLead", "tool unknown", "database read_call", "agent ready",
        "silence after pick-up",
    ]  # fmt: skip
    assert [one[3].get("is_well", True) for one in told.done_] == [True, False, True, True, True]
    assert told.done_[0][1:3] == (0.5, {"wacall.tool": "upsertLead", "wacall.outcome": "ok"})
    assert "15551234567" not in str(told.done_)
    assert "Ada" not in str(told.done_)
