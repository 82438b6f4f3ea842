"""What a worker's calls take and use, for Prometheus. Labels come from lists of ours.

Of the calls in this process: with AGENT_MEDIA=bridge these are all; with `worker` each call has a
process of its own, and what its turns took stands in the table `turns` alone.
"""

from collections.abc import Callable

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest

from agents.media.tool import ToolUse
from shared.call.measured_turn import MeasuredTurn
from shared.prices.prices import KINDS, TRANSCRIPTION_S
from shared.profiles.tool_names import BUILT_IN, OUTBOUND

_SECONDS = (0.05, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.8, 1, 1.25, 1.5, 2, 2.5, 3, 4, 6, 10)
_STOPS = (0.02, 0.05, 0.1, 0.15, 0.2, 0.25, 0.3, 0.4, 0.5, 0.75, 1, 2)
_OURS = frozenset({*BUILT_IN, *OUTBOUND})
# what `ToolRunner` calls an end that is no answer of the tool's own
_ENDS = frozenset({"cut-off", "unknown-tool", "bad-arguments", "timeout", "failed"})


class AgentMetrics:
    """The collectors of one worker."""

    def __init__(self) -> None:
        """Create the collectors in a registry of their own."""
        self.registry = CollectorRegistry()
        self._calls = Gauge("wacall_agent_calls", "Calls of this process.", registry=self.registry)
        self._pick_up = self._times(
            "wacall_agent_pick_up_silence_seconds",
            "From the answer of a call to the agent's first sound.",
        )
        self._response = self._times(
            "wacall_agent_response_seconds",
            "From the end of the person's speech to the agent's first sound.",
        )
        self._model = self._times(
            "wacall_agent_model_seconds",
            "From when the model knew that the person had finished to its first sound.",
        )
        self._barge_in = self._times(
            "wacall_agent_barge_in_stop_seconds",
            "From the person's speaking over the agent to its last packet; its count is theirs.",
            _STOPS,
        )
        self._turns = Counter(
            "wacall_agent_turns",
            "Turns, by whether what the person said got a transcript; `silent`: they said nothing.",
            ["transcript"],
            registry=self.registry,
        )
        self._tools = Histogram(
            "wacall_agent_tool_seconds",
            "Calls of tools; `action`: one of an operator's own.",
            ["tool", "outcome"],
            buckets=_SECONDS,
            registry=self.registry,
        )
        self._tokens = Counter(
            "wacall_agent_tokens", "Tokens that were used.", ["kind"], registry=self.registry
        )
        self._transcribed = Counter(
            "wacall_agent_transcribed_seconds",
            "Speech that was transcribed.",
            registry=self.registry,
        )
        self._cost = Counter(
            "wacall_agent_cost_usd",
            "What turns cost, by the table of prices.",
            registry=self.registry,
        )
        self._unpriced = Counter(
            "wacall_agent_unpriced_turns",
            "Turns of a model that has no price: what they cost is in no sum.",
            registry=self.registry,
        )
        self._upstream = Histogram(
            "wacall_agent_upstream_seconds",
            "Requests of this worker to database, media bridges, and models that read.",
            ["service", "action", "outcome"],
            buckets=_SECONDS,
            registry=self.registry,
        )
        self._loops = Counter(
            "wacall_agent_loop_turns",
            "Turns of background loops, by whether they went well.",
            ["loop", "outcome"],
            registry=self.registry,
        )
        # a series that begins with its first count would have no increase
        for tool in (*sorted(_OURS), "action"):
            self._tools.labels(tool, "ok")
        for kind in KINDS:
            self._tokens.labels(kind)
        for transcript in ("yes", "no", "silent"):
            self._turns.labels(transcript)

    def _times(self, name: str, meaning: str, buckets: tuple[float, ...] = _SECONDS) -> Histogram:
        return Histogram(name, meaning, buckets=buckets, registry=self.registry)

    def calls_are(self, count: Callable[[], int]) -> None:
        """Take who knows how many calls there are."""
        self._calls.set_function(count)

    def became_ready(self, seconds: float) -> None:
        """Hear how long an agent took to be ready; the control plane times it (stage `agent`)."""

    def picked_up(self, silence_s: float) -> None:
        """Time the silence that a person heard after the answer."""
        self._pick_up.observe(silence_s)

    def turn_measured(self, turn: MeasuredTurn) -> None:
        """Count a turn that is over."""
        for took_ms, times in (
            (turn.response_ms, self._response),
            (turn.model_ms, self._model),
            (turn.barge_in_ms, self._barge_in),
        ):
            if took_ms is not None:
                times.observe(took_ms / 1000)
        words = {True: "yes", False: "no", None: "silent"}[turn.transcribed]
        self._turns.labels(words).inc()
        for kind in KINDS:
            self._tokens.labels(kind).inc(turn.tokens.get(kind, 0))
        self._transcribed.inc(turn.tokens.get(TRANSCRIPTION_S, 0))
        if turn.cost_usd is None:
            self._unpriced.inc()
        else:
            self._cost.inc(turn.cost_usd)

    def tool_used(self, use: ToolUse) -> None:
        """Time a call of a tool; what the model invents as a name becomes no label."""
        self._tools.labels(tool_label(use), tool_outcome(use.error)).observe(use.took_ms / 1000)

    def upstream_done(self, service: str, action: str, outcome: str, seconds: float) -> None:
        """Time a request to a neighbour; an `ObserveRequest`."""
        self._upstream.labels(service, action, outcome).observe(seconds)

    def loop_turned(self, loop: str, went_well: bool) -> None:
        """Count a turn of a background loop."""
        for outcome, count in (("ok", int(went_well)), ("failed", int(not went_well))):
            self._loops.labels(loop, outcome).inc(count)

    def render(self) -> bytes:
        """Render Prometheus' text format."""
        return generate_latest(self.registry)


def tool_label(use: ToolUse) -> str:
    """Name a tool that was called: `action` is one of an operator's own."""
    if use.error == "unknown-tool":
        return "unknown"
    return use.name if use.name in _OURS else "action"


def tool_outcome(error: str | None) -> str:
    """Say how a call of a tool ended; what tools themselves say no with is `refused`."""
    if error is None:
        return "ok"
    return error if error in _ENDS else "refused"
