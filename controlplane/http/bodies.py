"""What operators send and what they are answered, field by field.

docs/openapi.yaml is made of these classes: the sentence under a field is its description there.
"""

from datetime import UTC, datetime
from typing import Annotated, Any, Literal, Self
from uuid import UUID

from aiohttp import web
from pydantic import (
    AfterValidator,
    AwareDatetime,
    BaseModel,
    ConfigDict,
    Field,
    StrictBool,
    StringConstraints,
    model_validator,
)

from controlplane.core.arrivals import Arrival
from controlplane.core.blame import Blame
from controlplane.core.consent import ConsentKind, ConsentSource
from controlplane.core.wishes import StopDecision
from controlplane.http.after_call_bodies import AfterCallView
from controlplane.http.errand_bodies import FollowUpView, MessageView
from shared.call.call import CallStatus, Direction, EndReason
from shared.call.ids import PhoneNumberId
from shared.call.records import EventOutcome, EventSource

_Profile = Annotated[str, Field(pattern=r"^[A-Za-z0-9_-]+$", max_length=100)]
_Word = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=200)]
# a body text of an interactive message (Meta: call permission request)
_Text = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=1024)]


def _in_utc(moment: datetime) -> datetime:
    try:
        return moment.astimezone(UTC)
    except OverflowError:
        raise ValueError("it must lie within the years 1 to 9999 in UTC") from None


_Instant = Annotated[AwareDatetime, AfterValidator(_in_utc)]
_Moment = Annotated[str, Field(json_schema_extra={"format": "date-time"})]


class _Asked(BaseModel):
    model_config = ConfigDict(
        frozen=True, extra="forbid", hide_input_in_errors=True, use_attribute_docstrings=True
    )


class _Answer(BaseModel):
    # what is answered may grow: the page forbids no further fields
    model_config = ConfigDict(frozen=True, hide_input_in_errors=True, use_attribute_docstrings=True)


class CallToPlace(_Asked):
    """Whom to call, and what the agent is told."""

    to: Annotated[str, Field(min_length=1, max_length=200)]
    """A phone number with its country code after `+`, `00` or `011`, or a user id of Meta's."""
    from_: PhoneNumberId | None = Field(None, alias="from", pattern=r"^\d+$", max_length=32)
    """The id of the business number to call from; without it the profile's, or the only or default
    one."""
    profile: _Profile | None = None
    """Who speaks for the business; without it the number's profile."""
    context: dict[str, Any] = Field(default_factory=dict)
    """What the agent knows of this call beforehand."""


class Template(_Asked):
    """An approved message template that asks for the permission."""

    name: Annotated[str, Field(pattern=r"^[a-z0-9_]{1,512}$")]
    language: Annotated[str, Field(pattern=r"^[A-Za-z_]{2,10}$")]
    parameters: tuple[_Text, ...] = ()


class PermissionToRequest(_Asked):
    """Ask a person whether they may be called; `text` or `template`, or neither."""

    to: _Word
    from_: PhoneNumberId | None = Field(None, alias="from", pattern=r"^\d+$", max_length=32)
    """The id of the business number that asks and is to call; without it as in `POST /calls`."""
    profile: _Profile | None = None
    """Its profile, instead of the id."""
    text: _Text | None = None
    """Free-form, within 24 hours of the person's last message."""
    template: Template | None = None

    @model_validator(mode="after")
    def _one_way(self) -> Self:
        if self.text is not None and self.template is not None:
            raise ValueError("text belongs to a free-form request; leave it out with a template")
        return self


class ConsentToWrite(_Asked):
    """What a person said elsewhere."""

    to: _Word
    from_: PhoneNumberId | None = Field(None, alias="from", pattern=r"^\d+$", max_length=32)
    """The id of the business number that it is about; without it as in `POST /calls`."""
    profile: _Profile | None = None
    """Its profile, instead of the id."""
    kind: ConsentKind
    reference: _Word
    """Where the paper is: a file number, a form's id."""
    at: _Instant | None = None
    """When the person said it; without it now."""
    valid_until: _Instant | None = None
    """Of a grant; without it until it is withdrawn."""
    note: _Text | None = None


class StopToDecide(_Asked):
    """What an operator finds of a message that may be a STOP."""

    id: UUID
    """As `GET /consents` shows it."""
    decision: StopDecision
    """`do-not-call`: they are not called again; `dismissed`: it was none."""


class PersonToErase(_Asked):
    """Whom to forget."""

    to: _Word
    forget_do_not_call: StrictBool = False
    """Forget even that they must not be called."""


class CallPlaced(_Answer):
    """A call that is being placed."""

    call_id: str
    status: CallStatus
    warnings: list[str] = []
    """Left out if there are none."""


class CallerView(_Answer):
    """The person at the other end, whoever called."""

    user_id: str | None
    phone: str | None
    name: str | None


class CallView(_Answer):
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
    created_at: _Moment | None
    answered_at: _Moment | None
    media_at: _Moment | None
    """When the media path between phone and SFU stood."""
    ended_at: _Moment | None
    duration_s: float | None
    origin: dict[str, str]
    """What the caller's button or link carried; anybody can write one."""


class CallList(_Answer):
    """Calls, newest first."""

    calls: list[CallView]


class EventView(_Answer):
    """Something that happened in a call."""

    at: _Moment | None
    source: EventSource
    kind: str
    outcome: EventOutcome | None
    payload: dict[str, Any]
    """As it came: personal data."""


class TurnView(_Answer):
    """What one side said."""

    sequence: int
    at: _Moment | None
    speaker: str
    """`user` or `assistant`."""
    text: str
    interrupted: bool


class StepView(_Answer):
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


class MeasuredView(_Answer):
    """What one of the agent's turns took and cost."""

    number: int
    began_at: _Moment | None
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


class ToolView(_Answer):
    """A tool that the model used."""

    source: str
    """`call`, or `workflow`: the work after it."""
    name: str
    arguments: dict[str, Any]
    result: str | None
    error: str | None
    """Why it was not done, as a slug; null: it was."""
    began_at: _Moment | None
    latency_ms: int | None


class CostView(_Answer):
    """What the model cost in the conversation."""

    usd: float | None
    """Null: not known, or nothing was said."""
    by_kind: dict[str, float]
    """By model, of the turns whose price is known."""


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
    timings_ms: dict[str, float]
    """Set-up step and its end, in milliseconds since the beginning."""
    timeline: list[EventView]
    transcript: list[TurnView]
    follow_ups: list[FollowUpView]
    """What was agreed for later."""
    messages: list[MessageView]
    """Texts to the person: asked for in the call, or because of it."""
    after_call: AfterCallView | None
    """What a model found in the conversation; null: nobody spoke with anybody, or it goes on."""


class PermissionRequested(_Answer):
    """The request is on its way; the reply comes as a webhook."""

    request_id: str
    requested_at: _Moment | None
    template: str | None = None
    """The template it went out with; null: a free-form message."""


class ConsentView(_Answer):
    """One entry of the ledger."""

    id: str
    phone_number_id: str
    user_id: str | None
    phone: str | None
    kind: ConsentKind
    granted: bool
    """False: withdrawn. A `do_not_call` that is granted forbids calls."""
    source: ConsentSource
    source_ref: str
    valid_until: _Moment | None
    at: _Moment | None
    note: str | None


class ConsentStateView(_Answer):
    """What holds now, of one kind."""

    phone_number_id: str
    kind: ConsentKind
    state: str
    """`permanent`, `temporary`, `granted`, `expired` or `withdrawn`."""
    valid_until: _Moment | None
    source: ConsentSource
    at: _Moment | None


class ProbableStopView(_Answer):
    """A message that may be a STOP."""

    id: str
    user_id: str | None
    phone: str | None
    said: str
    """The person's words."""
    at: _Moment | None
    until: _Moment | None
    """Until when the person is not called."""
    decision: StopDecision | None
    """Null: nobody has decided yet."""
    decided_at: _Moment | None


class RequestView(_Answer):
    """A request for permission, and what became of it."""

    id: str
    requested_at: _Moment | None
    template: str | None
    outcome: str | None
    """`sent`, `refused` (it does not count), or null: its answer was lost."""
    failure_code: int | None
    """Meta's, of one that Meta took and did not deliver."""
    reason: str | None
    """What the code means, and what to do."""


class ConsentList(_Answer):
    """Entries of the ledger, newest first."""

    consents: list[ConsentView]
    state: list[ConsentStateView] = []
    """With `to` only."""
    probable_stops: list[ProbableStopView] = []
    """Messages that may be a STOP: of the person all, without `to` those that wait."""
    requests: list[RequestView] = []
    """With `to` only, newest first."""


class Erased(_Answer):
    """How many rows went, by table."""

    erased: dict[str, int]


class Problem(_Answer):
    """What went wrong."""

    code: str
    """A kebab-case word for programs."""
    message: str
    """A sentence for people."""
    retry_at: _Moment | None = None
    """When the same request may succeed; left out if that is not known."""


class Failure(_Answer):
    """The body of every answer of 400 and above, but for `/readyz`."""

    error: Problem


class Health(_Answer):
    """How the process is."""

    status: Literal["ok", "ill", "ready", "not ready", "draining"]
    problems: dict[str, str] = {}
    """What is missing or ill: a neighbour, its client or a background loop, and a sentence."""


class ArrivalView(_Answer):
    """What came to the webhooks of one kind, since the process began."""

    kind: Arrival
    count: int
    last_at: _Moment
    meaning: str | None = None
    """Of what was turned away: a sentence with what to do."""
    phone_number_id: str | None = None
    """Of `other-number`: the id of the last one."""


class Status(_Answer):
    """What one process has seen at its webhooks; every replica has its own."""

    replica: str
    """The process: its machine's name and its id there."""
    since: _Moment
    """When it began."""
    arrivals: list[ArrivalView]
    """By kind; a kind that never came is left out."""


def answer(body: BaseModel, *, status: int = 200) -> web.Response:
    """Send a body; what was not given a value is left out."""
    return web.json_response(body.model_dump(mode="json", exclude_unset=True), status=status)
