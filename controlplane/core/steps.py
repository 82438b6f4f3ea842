"""What happened in a call, as one ordered list of steps with their times. Pure.

Its rows come from several tables and three clocks (ours, the agent's, LiveKit's); they are sorted
by what each clock said, and none is moved to look better.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from controlplane.core.blame import Blame
from controlplane.core.foreign import text_of, word_of
from controlplane.core.quality import QUALITY
from controlplane.core.recordings import HEARD
from shared.call.call import Call
from shared.call.measured_turn import MeasuredTurn
from shared.call.records import EventOutcome, EventRecord, EventSource, ToolCall


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One thing that happened."""

    at_ms: int
    """Since the beginning of the call; never negative."""
    took_ms: int | None = None
    who: str
    """`meta`, `controlplane`, `livekit`, `agent`, `openai`, `caller`, `bridge` or `operator`."""
    what: str
    """A plain sentence, without personal data."""
    detail: str | None = field(default=None, repr=False)
    """What was said about it; may be personal."""
    slow: bool = False
    fault: str | None = None
    """Whose side it went wrong on; `None`: it did not."""


# step of `calls.timings` -> who, what, milliseconds above which it is slow.
# Meta lets an inbound call ring for 30 to 60 s, and a person waits for all of it: together the
# bounds are a few seconds. `None`: the person, or Meta's ringing, decides how long it takes.
STAGES: Mapping[str, tuple[str, str, int | None]] = {
    # one insert, and one read of the line's standing
    "claimed": ("controlplane", "The call was claimed.", 500),
    # one request to LiveKit
    "room": ("livekit", "LiveKit made the room.", 500),
    # a worker takes the job, joins, and has OpenAI's session: its two handshakes
    "agent": ("agent", "The agent was ready.", 3000),
    # one request and ICE gathering, on this side
    "leg": ("bridge", "The media bridge took the caller's leg.", 1000),
    "whip": ("livekit", "LiveKit took the caller's leg.", 1000),
    # one request to Meta
    "pre_accept": ("meta", "Meta took the early answer.", 1500),
    # ICE and DTLS between Meta's relay and us: a few round trips
    "media": ("caller", "The media path to the phone stood.", 2000),
    "accept": ("meta", "Meta took the answer.", 1500),
    "offered": ("bridge", "The media bridge made our offer.", 1000),
    "connect": ("meta", "Meta took the request to call.", 1500),
    # the phone rings before this one
    "answer-taken": ("bridge", "The phone's answer was taken.", None),
    "linked": ("controlplane", "The phone and the room were joined.", 1000),
}

# What a person feels as a pause: answers of the Realtime API come within about a second.
_SLOW_ANSWER_MS = 2000
# The agent talks on over the person for this long at most.
_SLOW_BARGE_IN_MS = 600
# Tools run while the person waits in silence.
_SLOW_TOOL_MS = 3000

_KINDS: Mapping[tuple[EventSource, str], tuple[str, str]] = {
    (EventSource.META, "connect"): ("meta", "Meta sent the session description."),
    (EventSource.META, "terminate"): ("meta", "Meta told that the call was over."),
    (EventSource.META, "status"): ("meta", "Meta told how the call stands."),
    (EventSource.CONTROLPLANE, "described"): (
        "controlplane",
        "Meta was given our session description.",
    ),
    (EventSource.LIVEKIT, "participant_joined"): ("livekit", "Somebody joined the room."),
    (EventSource.LIVEKIT, "participant_left"): ("livekit", "Somebody left the room."),
    (EventSource.LIVEKIT, "participant_connection_aborted"): (
        "livekit",
        "Somebody's connection to the room broke.",
    ),
    (EventSource.LIVEKIT, "track_published"): ("livekit", "Somebody's sound came into the room."),
    (EventSource.LIVEKIT, "room_finished"): ("livekit", "The room was closed."),
}

# days after the call its steps would all lie in the first pixel; the timeline has it
# what happened when the call was over, and what is drawn on its own
_AFTERWARDS = (HEARD, QUALITY)

_SIDES: Mapping[EventSource, str] = {
    EventSource.META: Blame.META,
    EventSource.LIVEKIT: Blame.LIVEKIT,
    EventSource.CONTROLPLANE: Blame.US,
    EventSource.AGENT: Blame.US,
    EventSource.OPERATOR: Blame.BUSINESS,
}


def steps_of(
    call: Call,
    events: Sequence[EventRecord],
    turns: Sequence[MeasuredTurn] = (),
    tools: Sequence[ToolCall] = (),
    blame: str | None = None,
) -> list[Step]:
    """Fold everything that is known of a call into steps, in the order of their times.

    `blame` is whose side the end was on, if the call failed; errors on the timeline carry it too.
    """
    steps = [
        *_marks(call, blame),
        *_stages(call),
        *(_event(call, event, blame) for event in events if event.kind not in _AFTERWARDS),
        *(_turn(call, turn) for turn in turns),
        *(_tool(call, tool) for tool in tools),
    ]
    return sorted(steps, key=lambda step: step.at_ms)


def _since(call: Call, at: datetime) -> int:
    return max(0, round((at - call.created_at).total_seconds() * 1000))


def _marks(call: Call, blame: str | None) -> Iterator[Step]:
    yield Step(at_ms=0, who="controlplane", what="The call began.", detail=call.direction.value)
    if call.answered_at is not None:
        yield Step(at_ms=_since(call, call.answered_at), who="meta", what="The call was answered.")
    if call.media_at is not None:
        yield Step(at_ms=_since(call, call.media_at), who="caller", what="The phone's media came.")
    if call.ended_at is not None:
        yield Step(
            at_ms=_since(call, call.ended_at),
            who="controlplane",
            what="The call ended.",
            detail=call.end_reason.value if call.end_reason is not None else None,
            fault=blame,
        )


def _stages(call: Call) -> Iterator[Step]:
    began = 0
    for name, end in sorted(call.timings.items(), key=lambda item: item[1]):
        stage = name.removesuffix("_ms")
        ended = max(0, round(end))
        who, what, bound = STAGES.get(stage, ("controlplane", f"The step {stage} was done.", None))
        took = ended - began
        yield Step(
            at_ms=began,
            took_ms=took,
            who=who,
            what=what,
            slow=bound is not None and took > bound,
        )
        began = ended


def _event(call: Call, event: EventRecord, blame: str | None) -> Step:
    who, what = _KINDS.get(
        (event.source, event.kind),
        (event.source.value, f"{event.source.value.capitalize()} wrote down: {event.kind}."),
    )
    is_error = event.kind == "error" or event.outcome is EventOutcome.FAILED
    said = text_of(event.payload.get("message")) or word_of(event.payload.get("cause"))
    # of what is as it should be nothing needs to be said
    became = event.outcome.value if event.outcome is not None else "not worked on yet"
    quiet = event.outcome in (EventOutcome.HANDLED, EventOutcome.RECORDED)
    return Step(
        at_ms=_since(call, event.received_at),
        who=who,
        what="Something went wrong." if event.kind == "error" else what,
        detail=said or (None if quiet else became),
        fault=(blame or _SIDES[event.source]) if is_error else None,
    )


def _turn(call: Call, turn: MeasuredTurn) -> Step:
    answer, stop = turn.response_ms, turn.barge_in_ms
    stopped = None if stop is None else f"stopped {stop} ms after the person spoke over it"
    return Step(
        at_ms=_since(call, turn.began_at),
        took_ms=answer,
        who="openai",
        what=f"Turn {turn.number}: {_said(turn)}.",
        detail=stopped,
        slow=(answer or 0) > _SLOW_ANSWER_MS or (stop or 0) > _SLOW_BARGE_IN_MS,
    )


def _said(turn: MeasuredTurn) -> str:
    if turn.response_ms is not None:
        return "the agent answered"
    # a greeting, or a question into a silence, answers nobody: there is no time to tell
    return "the agent spoke" if turn.tokens.get("audio_out") else "the agent made no sound"


def _tool(call: Call, tool: ToolCall) -> Step:
    return Step(
        at_ms=_since(call, tool.began_at),
        took_ms=tool.latency_ms,
        who="agent",
        what=f"The tool {tool.name} was used.",
        detail=tool.error,
        slow=(tool.latency_ms or 0) > _SLOW_TOOL_MS,
        fault=Blame.US if tool.error is not None else None,
    )
