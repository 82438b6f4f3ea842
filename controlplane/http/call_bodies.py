"""What operators send and are told of calls, field by field; as `bodies`."""

from typing import Annotated, Any

from pydantic import (
    Field,
)

from controlplane.core.blame import Blame
from controlplane.http.after_call_bodies import AfterCallView
from controlplane.http.body import Answer, Asked, Moment, Profile
from controlplane.http.errand_bodies import FollowUpView, MessageView
from shared.call.call import CallStatus, Direction, EndReason
from shared.call.ids import PhoneNumberId
from shared.call.recording import RecordingStatus
from shared.call.records import EventOutcome, EventSource


class CallToPlace(Asked):
    """Whom to call, and what the agent is told."""

    to: Annotated[str, Field(min_length=1, max_length=200)]
    """A phone number with its country code after `+`, `00` or `011`, or a user id of Meta's."""
    from_: PhoneNumberId | None = Field(None, alias="from", pattern=r"^\d+$", max_length=32)
    """The id of the business number to call from; without it the profile's, or the only or default
    one."""
    profile: Profile | None = None
    """Who speaks for the business; without it the number's profile."""
    context: dict[str, Any] = Field(default_factory=dict)
    """What the agent knows of this call beforehand."""


class CallPlaced(Answer):
    """A call that is being placed."""

    call_id: str
    status: CallStatus
    warnings: list[str] = Field([])
    """Left out if there are none."""


class CallerView(Answer):
    """The person at the other end, whoever called."""

    user_id: str | None
    phone: str | None
    name: str | None


class CallView(Answer):
    """A call as it stands now."""

    id: str
    wacid: str | None
    """Meta's id; unknown until Meta has answered an outbound call."""
    direction: Direction
    status: CallStatus
    end_reason: EndReason | None
    outcome: str | None
    """What the agent noted as the outcome."""
    off_purpose_turns: int
    """How often the person asked for what the line is not for."""
    room: str
    phone_number_id: str
    profile: str | None
    """Who spoke for the business; null: of earlier releases, or a call that nobody took."""
    caller: CallerView
    created_at: Moment | None
    answered_at: Moment | None
    media_at: Moment | None
    """When the media path between phone and SFU stood."""
    ended_at: Moment | None
    duration_s: float | None
    origin: dict[str, str]
    """What the caller's button or link carried; anybody can write one."""


class CallList(Answer):
    """Calls, newest first."""

    calls: list[CallView]


class EventView(Answer):
    """Something that happened in a call."""

    at: Moment | None
    source: EventSource
    kind: str
    outcome: EventOutcome | None
    payload: dict[str, Any]
    """As it came: personal data."""


class TurnView(Answer):
    """What one side said."""

    sequence: int
    at: Moment | None
    speaker: str
    """`user` or `assistant`."""
    text: str
    interrupted: bool


class StepView(Answer):
    """One thing that happened in a call."""

    at_ms: int
    """Since the beginning of the call."""
    took_ms: int | None
    who: str
    """`meta`, `controlplane`, `livekit`, `agent`, `openai`, `caller`, `bridge` or `operator`."""
    what: str
    detail: str | None
    slow: bool
    """It took longer than such a step should."""
    fault: str | None
    """Whose side it went wrong on; null: it did not."""


class MeasuredView(Answer):
    """What one of the agent's turns took and cost."""

    number: int
    began_at: Moment | None
    response_ms: int | None
    """From the end of the person's speech to the agent's first sound."""
    model_ms: int | None
    """The model's own time inside it."""
    barge_in_ms: int | None
    """From the person's speaking over it to the agent's last packet."""
    transcribed: bool | None
    tokens: dict[str, float]
    cost_usd: float | None
    model: str | None


class ToolView(Answer):
    """A tool that the model used."""

    source: str
    """`call`, or `workflow`: the work after it."""
    name: str
    arguments: dict[str, Any]
    result: str | None
    error: str | None
    """Why it was not done, as a slug; null: it was."""
    began_at: Moment | None
    latency_ms: int | None


class CostView(Answer):
    """What the call cost: the model in the conversation, and Meta."""

    usd: float | None
    """Null: not known, or nothing was said."""
    by_kind: dict[str, float]
    """By model, of the turns whose price is known; and `meta`: its minutes, of a placed call that
    is over."""


class RecordingView(Answer):
    """Whether the call can be heard again."""

    status: RecordingStatus | None
    """Null: the call was not recorded."""
    sides: list[str]
    """Whose voices can be: `agent`, `caller`, each at `/calls/{call_id}/recording/{side}`."""
    began_at: Moment | None
    """When the sound begins, by the clock of the transcript."""
    ended_at: Moment | None
    keep_until: Moment | None
    why_not: str | None
    """Why it cannot be heard: a sentence; null: it can."""


class QualityView(Answer):
    """How well the sound had come in by then; null: nobody told (no media bridge has that side)."""

    at_ms: int
    """From the beginning of the call."""
    caller_lost: int | None
    """Packets of the phone's that had not come, since the beginning."""
    caller_jitter_ms: float | None
    agent_lost: int | None
    """The same of the model's."""
    agent_jitter_ms: float | None


class CallDetails(CallView):
    """A call with everything that is known of it."""

    why: str | None
    """Why it ended, and what to do about it: a sentence; null while it goes on."""
    whose: Blame | None
    """Whose side the end was on; null while it goes on."""
    advice: str | None
    """What to do about it: a sentence; null while it goes on."""
    steps: list[StepView]
    """Everything that happened, in the order of its times."""
    turns: list[MeasuredView]
    tool_calls: list[ToolView]
    cost: CostView
    quality: list[QualityView]
    """Every ten seconds, after ten minutes every minute."""
    timings_ms: dict[str, float]
    """Set-up step and its end, in milliseconds since the beginning."""
    timeline: list[EventView]
    transcript: list[TurnView]
    recording: RecordingView
    follow_ups: list[FollowUpView]
    """What was agreed for later."""
    messages: list[MessageView]
    """Texts to the person: asked for in the call, or because of it."""
    after_call: AfterCallView | None
    """What a model found in the conversation; null: nobody spoke with anybody, or it goes on."""
