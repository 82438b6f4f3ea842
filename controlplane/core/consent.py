"""The nouns of consent: what a person allowed or forbade, how we know, and what that amounts to.

Pure data. An entry is never changed: whoever changes their mind adds one.
"""

import uuid
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum

from shared.call.ids import CallId, PhoneNumberId
from shared.call.person import Person

PERMISSION_LASTS = timedelta(hours=7 * 24)
"""A temporary permission, from its approval (Meta: user call permissions)."""

_NAMESPACE = uuid.UUID("7c1f0a86-3b0e-5d0b-9a6e-5f5a4c0d7e21")


class ConsentKind(StrEnum):
    """What an entry is about; `consents.kind`."""

    CALL_PERMISSION = "call_permission"
    """Meta's: without it the business must not call. With an expiry it is a temporary one."""
    RECORDING = "recording"
    MARKETING_FOLLOW_UP = "marketing_follow_up"
    DO_NOT_CALL = "do_not_call"
    """The wish not to be called, by anybody of the business. Outweighs every permission."""


class ConsentSource(StrEnum):
    """How we know; `consents.source`."""

    REPLY = "reply"
    """The person's answer to our permission request."""
    CALLBACK = "callback"
    """Granted automatically because the person called (a setting of the number)."""
    PROFILE = "profile"
    """The person's own switch in the business profile."""
    REVOCATION = "revocation"
    """Meta's own, after calls in a row that nobody answered."""
    GRAPH = "graph"
    """Asked of Graph, or learnt from its refusal."""
    OPERATOR = "operator"
    """Imported by an operator, with a reference to the paper."""
    AGENT = "agent"
    """Said in a call; the agent's tool `doNotCall`."""
    TEXT = "text"
    """A text message: STOP."""
    PREFERENCE = "preference"
    """Their switch for marketing messages, in WhatsApp itself; it lifts only what it has set."""
    REJECTIONS = "rejections"
    """Permission requests or calls rejected in a row."""
    MOVED = "moved"
    """Said under an earlier number or id, as Meta told us of the change; a do-not-call alone."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ConsentEntry:
    """One row of `consents`."""

    id: str
    """UUID, derived from the source, so that a repeated webhook stays one row."""
    phone_number_id: PhoneNumberId
    person: Person
    kind: ConsentKind
    granted: bool
    """False: withdrawn. A `do_not_call` that is granted forbids calls."""
    source: ConsentSource
    source_ref: str = field(repr=False)
    """Message id, call id, or the operator's reference to the paper; contains personal data."""
    valid_until: datetime | None = None
    """None: until it is withdrawn."""
    at: datetime
    """When the person said it."""
    note: str | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class ConsentState:
    """One row of the view `consent_state`: what holds now."""

    phone_number_id: PhoneNumberId
    person: Person
    kind: ConsentKind
    state: str
    """`permanent`, `temporary`, `granted`, `expired` or `withdrawn`."""
    valid_until: datetime | None
    source: ConsentSource
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class ConsentRequest:
    """One row of `consent_requests`: we ask somebody for the permission to call."""

    id: str
    phone_number_id: PhoneNumberId
    person: Person
    previous_id: str | None
    """The person's last request when this one was decided."""
    requested_at: datetime
    template: str | None = None
    """None: a free-form message."""
    message_id: str | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class PersonMoved:
    """One row of `person_links`: Meta says that somebody has another number or id from now on.

    What they forbade goes along; what they allowed ends, under either name.
    """

    id: str
    phone_number_id: PhoneNumberId
    former: Person
    current: Person
    at: datetime
    source_ref: str = field(repr=False)
    """Meta's message, so that a repeated webhook stays one row."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SentRequest:
    """What became of a request for permission."""

    id: str
    requested_at: datetime
    template: str | None
    outcome: str | None
    """`sent`, `refused` (it does not count), or None: under way, or its answer was lost."""
    failure_code: int | None
    """Meta's, of one that it took and did not deliver."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CallPause:
    """One row of `call_pauses`: Meta refused, and it makes no sense to try before `until`."""

    id: str
    phone_number_id: PhoneNumberId
    person: Person | None
    """None: the whole line."""
    reason: str
    until: datetime
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Permission:
    """The newest word on a person's permission to be called."""

    granted: bool
    valid_until: datetime | None
    """None: permanent."""

    def holds(self, now: datetime) -> bool:
        """Whether it covers a call at this moment; no webhook tells of an expiry."""
        return self.granted and (self.valid_until is None or now < self.valid_until)


@dataclass(frozen=True, slots=True, kw_only=True)
class LedgerState:
    """What the ledger says about one person and one line."""

    permission: Permission | None = None
    """None: the ledger is silent."""
    do_not_call_since: datetime | None = None
    pause_reason: str | None = None
    pause_until: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class CallHistory:
    """What the calls and requests of the past say about one person and one line."""

    connected_limit_reached_at: datetime | None = None
    """When the oldest of the last 100 connected calls of 24 hours was answered; None: fewer."""
    unanswered_in_a_row: int = 0
    """Since the last connected call, in either direction, and the last grant."""
    rejections_in_a_row: int = 0
    """Calls and permission requests; since the same, and since an operator lifted a
    do-not-call."""
    live_call_id: CallId | None = None
    initiation_limit_reached_at: datetime | None = None
    """When the oldest of the line's last 10,000 calls of 24 hours was placed; None: fewer."""
    concurrent_calls: int = 0
    """The line's, in both directions."""
    requested_at: tuple[datetime, ...] = ()
    """Permission requests of the last 7 days, newest first; a connected call forgets them."""
    last_request_id: str | None = None


def make_entry(
    *,
    phone_number_id: PhoneNumberId,
    person: Person,
    kind: ConsentKind,
    granted: bool,
    source: ConsentSource,
    source_ref: str,
    at: datetime,
    valid_until: datetime | None = None,
    note: str | None = None,
) -> ConsentEntry:
    """Make an entry whose id follows from its source."""
    return ConsentEntry(
        id=str(uuid.uuid5(_NAMESPACE, f"{source}|{kind}|{source_ref}")),
        phone_number_id=phone_number_id,
        person=person,
        kind=kind,
        granted=granted,
        source=source,
        source_ref=source_ref,
        valid_until=valid_until if granted else None,
        at=at,
        note=note,
    )
