"""What a worker counts: every name that others choose becomes one of ours."""

from datetime import UTC, datetime

import pytest

from agents.media.tool import ToolUse
from agents.metrics import AgentMetrics
from shared.call.ids import CallId
from shared.call.measured_turn import MeasuredTurn

CALL = CallId("0b0e3c1e-9a57-4f3c-9a52-0d7e4a3c2b11")
NOW = datetime(2026, 11, 27, 12, tzinfo=UTC)


def used(name: str, error: str | None = None) -> ToolUse:
    return ToolUse(
        call_id="call_1", name=name, arguments={}, output="x", error=error, began_at=NOW, took_ms=70
    )


@pytest.mark.parametrize(
    ("use", "tool", "outcome"),
    [
        (used("upsertLead"), "upsertLead", "ok"),
        (used("voicemailReached"), "voicemailReached", "ok"),
        (used("upsertLead", "timeout"), "upsertLead", "timeout"),
        (used("sendMessage", "opted-out"), "sendMessage", "refused"),
        (used("findOrder"), "action", "ok"),
        (used("findOrder", "failed"), "action", "failed"),
        (used("+49 151 234567", "unknown-tool"), "unknown", "unknown-tool"),
        (used("endCall", "unknown-tool"), "unknown", "unknown-tool"),
    ],
)
def test_a_tool_is_timed_under_a_name_of_ours(use: ToolUse, tool: str, outcome: str) -> None:
    """An operator's action and what the model makes up are one name each."""
    metrics = AgentMetrics()
    metrics.tool_used(use)
    value = metrics.registry.get_sample_value
    labels = {"tool": tool, "outcome": outcome}
    assert value("wacall_agent_tool_seconds_sum", labels) == pytest.approx(0.07)
    assert b"+49" not in metrics.render()


def test_a_turn_is_counted_whole() -> None:
    """Its times, its transcript, its tokens and its cost; what was not measured counts nowhere."""
    metrics = AgentMetrics()
    metrics.turn_measured(
        MeasuredTurn(
            call_id=CALL,
            number=1,
            began_at=NOW,
            response_ms=750,
            model_ms=500,
            barge_in_ms=60,
            transcribed=True,
            tokens={"audio_out": 100, "transcription_s": 2.5},
            cost_usd=0.0064,
        )
    )
    metrics.turn_measured(MeasuredTurn(call_id=CALL, number=2, began_at=NOW, transcribed=False))
    metrics.turn_measured(MeasuredTurn(call_id=CALL, number=3, began_at=NOW))
    value = metrics.registry.get_sample_value
    assert value("wacall_agent_response_seconds_sum") == 0.75
    assert value("wacall_agent_model_seconds_sum") == 0.5
    assert value("wacall_agent_barge_in_stop_seconds_sum") == 0.06
    assert value("wacall_agent_barge_in_stop_seconds_count") == 1
    for transcript in ("yes", "no", "silent"):
        assert value("wacall_agent_turns_total", {"transcript": transcript}) == 1
    assert value("wacall_agent_tokens_total", {"kind": "audio_out"}) == 100
    assert value("wacall_agent_tokens_total", {"kind": "text_in"}) == 0
    assert value("wacall_agent_transcribed_seconds_total") == 2.5
    assert value("wacall_agent_cost_usd_total") == 0.0064
    assert value("wacall_agent_unpriced_turns_total") == 2


def test_the_rest_is_shown_as_it_is() -> None:
    """Calls are asked for at each look; silence after the answer and loops are told."""
    metrics, calls = AgentMetrics(), ["one"]
    metrics.calls_are(lambda: len(calls))
    metrics.picked_up(0.4)
    metrics.loop_turned("clips", went_well=False)
    metrics.upstream_done("database", "read_a_call", "ok", 0.25)
    value = metrics.registry.get_sample_value
    asked = {"service": "database", "action": "read_a_call", "outcome": "ok"}
    assert value("wacall_agent_upstream_seconds_sum", asked) == 0.25
    assert value("wacall_agent_calls") == 1
    calls.append("another")
    assert value("wacall_agent_calls") == 2
    assert value("wacall_agent_pick_up_silence_seconds_sum") == 0.4
    assert value("wacall_agent_loop_turns_total", {"loop": "clips", "outcome": "failed"}) == 1
