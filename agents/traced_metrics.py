"""The worker's metrics that are traces as well; see `controlplane.telemetry.traced`."""

from agents.media.tool import ToolUse
from agents.metrics import AgentMetrics, tool_label, tool_outcome
from shared.call.measured_turn import MeasuredTurn
from shared.prices.prices import KINDS
from shared.tracing.allowed import Value
from shared.tracing.writer import Part, SpanWriter


class TracedAgentMetrics(AgentMetrics):
    """The collectors of a worker whose calls are traced."""

    def __init__(self, spans: SpanWriter) -> None:
        """Take who writes the spans."""
        super().__init__()
        self._spans = spans

    def became_ready(self, seconds: float) -> None:
        """Write how long the agent took from its job, or its take-over, to being ready."""
        super().became_ready(seconds)
        self._spans.done("agent ready", seconds, {})

    def picked_up(self, silence_s: float) -> None:
        """Write the silence after the answer."""
        super().picked_up(silence_s)
        self._spans.done("silence after pick-up", silence_s, {})

    def turn_measured(self, turn: MeasuredTurn) -> None:
        """Write a turn up to the agent's first sound, and the model's part of it."""
        super().turn_measured(turn)
        took_s = (turn.response_ms or turn.model_ms or 0) / 1000
        parts = []
        if turn.model_ms is not None:
            about: dict[str, Value] = {"wacall.model": turn.model} if turn.model else {}
            parts.append(Part(name="model", seconds=turn.model_ms / 1000, attributes=about))
        self._spans.done(
            "turn",
            took_s,
            turn_attributes(turn),
            call_id=turn.call_id,
            ended_at=turn.began_at.timestamp() + took_s,
            parts=parts,
        )

    def tool_used(self, use: ToolUse) -> None:
        """Write a call of a tool, by the name under which it is counted."""
        super().tool_used(use)
        outcome = tool_outcome(use.error)
        about = {"wacall.tool": tool_label(use), "wacall.outcome": outcome}
        ended_at = use.began_at.timestamp() + use.took_ms / 1000
        self._spans.done(
            f"tool {tool_label(use)}",
            use.took_ms / 1000,
            about,
            is_well=outcome == "ok",
            ended_at=ended_at,
        )

    def upstream_done(self, service: str, action: str, outcome: str, seconds: float) -> None:
        """Write a request to a neighbour."""
        super().upstream_done(service, action, outcome, seconds)
        about = {"wacall.service": service, "wacall.request": action, "wacall.outcome": outcome}
        self._spans.done(f"{service} {action}", seconds, about, is_well=outcome == "ok")


def turn_attributes(turn: MeasuredTurn) -> dict[str, Value]:
    """Return what a span tells of a turn; what was not measured is left out."""
    told: dict[str, Value | None] = {
        "wacall.turn": turn.number,
        "wacall.response_ms": turn.response_ms,
        "wacall.model_ms": turn.model_ms,
        "wacall.barge_in_ms": turn.barge_in_ms,
        "wacall.transcribed": turn.transcribed,
        "wacall.cost_usd": turn.cost_usd,
        "wacall.model": turn.model,
        "wacall.tokens_in": _tokens(turn, "_out", is_wanted=False),
        "wacall.tokens_out": _tokens(turn, "_out", is_wanted=True),
    }
    return {name: value for name, value in told.items() if value is not None}


def _tokens(turn: MeasuredTurn, ending: str, *, is_wanted: bool) -> float:
    return sum(turn.tokens.get(kind, 0) for kind in KINDS if kind.endswith(ending) is is_wanted)
