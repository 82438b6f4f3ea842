"""What operators send and what they are answered, but of calls, field by field.

docs/openapi.yaml is made of these classes: the sentence under a field is its description there.
"""

from datetime import UTC, datetime
from typing import Annotated, Literal, Self
from uuid import UUID

from pydantic import (
    AfterValidator,
    AwareDatetime,
    Field,
    StrictBool,
    StringConstraints,
    model_validator,
)

from controlplane.core.arrivals import Arrival
from controlplane.core.consent import ConsentKind, ConsentSource
from controlplane.core.wishes import StopDecision
from controlplane.http.body import Answer, Asked, Moment, Profile
from shared.call.ids import PhoneNumberId

_Word = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=200)]


# a body text of an interactive message (Meta: call permission request)
_Text = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=1024)]


def _in_utc(moment: datetime) -> datetime:
    try:
        return moment.astimezone(UTC)
    except OverflowError:
        raise ValueError("it must lie within the years 1 to 9999 in UTC") from None


_Instant = Annotated[AwareDatetime, AfterValidator(_in_utc)]


class Template(Asked):
    """An approved message template that asks for the permission."""

    name: Annotated[str, Field(pattern=r"^[a-z0-9_]{1,512}$")]
    language: Annotated[str, Field(pattern=r"^[A-Za-z_]{2,10}$")]
    parameters: tuple[_Text, ...] = ()


class PermissionToRequest(Asked):
    """Ask a person whether they may be called; `text` or `template`, or neither."""

    to: _Word
    from_: PhoneNumberId | None = Field(None, alias="from", pattern=r"^\d+$", max_length=32)
    """The id of the business number that asks and is to call; without it as in `POST /calls`."""
    profile: Profile | None = None
    """Its profile, instead of the id."""
    text: _Text | None = None
    """Free-form, within 24 hours of the person's last message."""
    template: Template | None = None

    @model_validator(mode="after")
    def _one_way(self) -> Self:
        if self.text is not None and self.template is not None:
            raise ValueError("text belongs to a free-form request; leave it out with a template")
        return self


class ConsentToWrite(Asked):
    """What a person said elsewhere."""

    to: _Word
    from_: PhoneNumberId | None = Field(None, alias="from", pattern=r"^\d+$", max_length=32)
    """The id of the business number that it is about; without it as in `POST /calls`."""
    profile: Profile | None = None
    """Its profile, instead of the id."""
    kind: ConsentKind
    reference: _Word
    """Where the paper is: a file number, a form's id."""
    at: _Instant | None = None
    """When the person said it; without it now."""
    valid_until: _Instant | None = None
    """Of a grant; without it until it is withdrawn."""
    note: _Text | None = None


class StopToDecide(Asked):
    """What an operator finds of a message that may be a STOP."""

    id: UUID
    """As `GET /consents` shows it."""
    decision: StopDecision
    """`do-not-call`: they are not called again; `dismissed`: it was none."""


class PersonToErase(Asked):
    """Whom to forget."""

    to: _Word
    forget_do_not_call: StrictBool = False
    """Forget even that they must not be called."""


class PermissionRequested(Answer):
    """The request is on its way; the reply comes as a webhook."""

    request_id: str
    requested_at: Moment | None
    template: str | None = None
    """The template it went out with; null: a free-form message."""


class ConsentView(Answer):
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
    valid_until: Moment | None
    at: Moment | None
    note: str | None


class ConsentStateView(Answer):
    """What holds now, of one kind."""

    phone_number_id: str
    kind: ConsentKind
    state: str
    """`permanent`, `temporary`, `granted`, `expired` or `withdrawn`."""
    valid_until: Moment | None
    source: ConsentSource
    at: Moment | None


class ProbableStopView(Answer):
    """A message that may be a STOP."""

    id: str
    user_id: str | None
    phone: str | None
    said: str
    """The person's words."""
    at: Moment | None
    until: Moment | None
    """Until when the person is not called."""
    decision: StopDecision | None
    """Null: nobody has decided yet."""
    decided_at: Moment | None


class RequestView(Answer):
    """A request for permission, and what became of it."""

    id: str
    requested_at: Moment | None
    template: str | None
    outcome: str | None
    """`sent`, `refused` (it does not count), or null: its answer was lost."""
    failure_code: int | None
    """Meta's, of one that Meta took and did not deliver."""
    reason: str | None
    """What the code means, and what to do."""


class ConsentList(Answer):
    """Entries of the ledger, newest first."""

    consents: list[ConsentView]
    state: list[ConsentStateView] = Field([])
    """With `to` only."""
    probable_stops: list[ProbableStopView] = Field([])
    """Messages that may be a STOP: of the person all, without `to` those that wait."""
    requests: list[RequestView] = Field([])
    """With `to` only, newest first."""


class Erased(Answer):
    """How many rows went, by table."""

    erased: dict[str, int]


class Problem(Answer):
    """What went wrong."""

    code: str
    """A kebab-case word for programs."""
    message: str
    """A sentence for people."""
    retry_at: Moment | None = None
    """When the same request may succeed; left out if that is not known."""


class Failure(Answer):
    """The body of every answer of 400 and above, but for `/readyz`."""

    error: Problem


class Health(Answer):
    """How the process is."""

    status: Literal["ok", "ill", "ready", "not ready", "draining"]
    problems: dict[str, str] = Field({})
    """What is missing or ill: a neighbour, its client or a background loop, and a sentence."""


class ArrivalView(Answer):
    """What came to the webhooks of one kind, since the process began."""

    kind: Arrival
    count: int
    last_at: Moment
    meaning: str | None = None
    """Of what was turned away: a sentence with what to do."""
    phone_number_id: str | None = None
    """Of `other-number`: the id of the last one."""


class Status(Answer):
    """What one process has seen at its webhooks; every replica has its own."""

    replica: str
    """The process: its machine's name and its id there."""
    since: Moment
    """When it began."""
    arrivals: list[ArrivalView]
    """By kind; a kind that never came is left out."""
