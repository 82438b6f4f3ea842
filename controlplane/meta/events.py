"""What Meta's webhooks tell, as typed events; `whatsapp` reads them."""

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import ClassVar

from controlplane.core.foreign import Json
from controlplane.core.line_trouble import TroubleChange
from controlplane.meta.words import (
    HangupStatus,
    PeerStatus,
    PermissionResponse,
    PermissionSource,
    Preference,
)
from shared.call.call import Direction
from shared.call.ids import PhoneNumberId, WhatsAppCallId
from shared.call.person import Party, Person


class EventKind(StrEnum):
    """The values of `call_events.kind` and of metric labels; no others come from Meta."""

    CONNECT = "connect"
    TERMINATE = "terminate"
    STATUS = "status"
    PERMISSION_REPLY = "permission-reply"
    TEXT = "text"
    IDENTITY_CHANGE = "identity-change"
    PREFERENCE = "preference"
    MESSAGE_FAILED = "message-failed"
    MESSAGE_TAKEN = "message-taken"
    ACCOUNT_UPDATE = "account-update"
    UNRECOGNIZED = "unrecognized"


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportedError:
    """An error that Meta reports in a webhook."""

    code: int
    message: str | None = field(default=None, repr=False)
    """May contain a phone number."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Event:
    phone_number_id: PhoneNumberId | None
    wacid: WhatsAppCallId | None = field(repr=False)
    timestamp: datetime | None
    party: Party
    """The person, whoever called whom."""
    raw: Json = field(repr=False)
    """A payload for `parse_stored`; safe for `jsonb`."""


# Meta, calling reference: characters of a button's payload and of biz_opaque_callback_data; a link
# may be longer, and is written by whoever likes.
_MAX_PAYLOAD = 512


@dataclass(frozen=True, slots=True, kw_only=True)
class OfferReceived(_Event):
    """Somebody calls the business."""

    kind: ClassVar[EventKind] = EventKind.CONNECT
    wacid: WhatsAppCallId = field(repr=False)
    sdp: str = field(repr=False)
    """As it came, wrappings and all; empty if none came, or one that is no offer."""
    deeplink_payload: str | None = field(default=None, repr=False)
    """`biz_payload` of the link that was used; anybody can write it."""
    cta_payload: str | None = field(default=None, repr=False)
    """Payload of the call button that was used."""
    opaque: str | None = field(default=None, repr=False)
    """`biz_opaque_callback_data`, if the button has any."""

    @property
    def origin(self) -> dict[str, str]:
        """What came along with the tap, by Meta's names; what is too long is cut, none left out."""
        told = {
            "cta_payload": self.cta_payload,
            "deeplink_payload": self.deeplink_payload,
            "biz_opaque_callback_data": self.opaque,
        }
        return {name: text[:_MAX_PAYLOAD] for name, text in told.items() if text}


@dataclass(frozen=True, slots=True, kw_only=True)
class AnswerReceived(_Event):
    """Meta's media server answers our offer; nobody has picked up yet."""

    kind: ClassVar[EventKind] = EventKind.CONNECT
    wacid: WhatsAppCallId = field(repr=False)
    sdp: str = field(repr=False)
    """As it came; empty if none came, or one that is no answer."""
    opaque: str | None = field(default=None, repr=False)
    """`biz_opaque_callback_data`, as we gave it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PeerHungUp(_Event):
    """The call is over at Meta's side, whoever ended it."""

    kind: ClassVar[EventKind] = EventKind.TERMINATE
    wacid: WhatsAppCallId = field(repr=False)
    status: HangupStatus
    direction: Direction | None
    started_at: datetime | None
    ended_at: datetime | None
    duration_s: int | None
    errors: tuple[ReportedError, ...]
    opaque: str | None = field(default=None, repr=False)

    @property
    def was_answered(self) -> bool:
        """Whether the call was picked up: by its times, since an unanswered one is COMPLETED."""
        return self.started_at is not None or (self.duration_s or 0) > 0


@dataclass(frozen=True, slots=True, kw_only=True)
class CallStatusChanged(_Event):
    """The callee's phone rings, was picked up, or said no (business-initiated calls)."""

    kind: ClassVar[EventKind] = EventKind.STATUS
    wacid: WhatsAppCallId = field(repr=False)
    status: PeerStatus
    errors: tuple[ReportedError, ...]
    opaque: str | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class PermissionReplied(_Event):
    """A person grants or withdraws the permission to be called."""

    kind: ClassVar[EventKind] = EventKind.PERMISSION_REPLY
    response: PermissionResponse
    source: PermissionSource
    is_permanent: bool
    expires_at: datetime | None
    """Of a temporary permission. No webhook tells when it has expired."""
    context_id: str | None = field(repr=False)
    """Our request's message (`wamid`) or the person's call (`wacid`, then also in `wacid`)."""
    message_id: str | None = field(default=None, repr=False)
    """Of the reply itself."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TextReceived(_Event):
    """A person writes, corrects what they wrote, or taps a button or a row of a list."""

    kind: ClassVar[EventKind] = EventKind.TEXT
    text: str = field(repr=False)
    payload: str | None = field(default=None, repr=False)
    """Of the button or row, as whoever made it wrote it."""
    message_id: str | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class IdentityChanged(_Event):
    """A person has another number or another business-scoped id; `party` is who they are now."""

    kind: ClassVar[EventKind] = EventKind.IDENTITY_CHANGE
    former: Person
    current: Person
    message_id: str | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class PreferenceChanged(_Event):
    """A person stops the business's marketing messages in WhatsApp itself, or lets them go on."""

    kind: ClassVar[EventKind] = EventKind.PREFERENCE
    value: Preference


@dataclass(frozen=True, slots=True, kw_only=True)
class MessageFailed(_Event):
    """A message of the business, such as a request for permission, was not delivered after all."""

    kind: ClassVar[EventKind] = EventKind.MESSAGE_FAILED
    message_id: str = field(repr=False)
    errors: tuple[ReportedError, ...]
    opaque: str | None = field(default=None, repr=False)
    """`biz_opaque_callback_data`, as we gave it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MessageTaken(_Event):
    """Meta has a message of ours, or has delivered it: what an answer that got lost did not say."""

    kind: ClassVar[EventKind] = EventKind.MESSAGE_TAKEN
    message_id: str = field(repr=False)
    opaque: str = field(repr=False)
    """`biz_opaque_callback_data`, as we gave it; without it a message is none of ours."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Restriction:
    """Something that Meta keeps the account from for a while."""

    what: str
    """Meta's word, such as RESTRICTED_BUSINESS_INITIATED_CALLING."""
    until: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountUpdated(_Event):
    """Meta tells of the account, which concerns all of its lines, or of a number's settings."""

    kind: ClassVar[EventKind] = EventKind.ACCOUNT_UPDATE
    violation: str | None
    """Meta's word for what it warns of, such as USER_INITIATED_CALLS_LOW_PICKUP_RATE."""
    restrictions: tuple[Restriction, ...]
    changes: tuple[TroubleChange, ...] = ()
    """What begins or ends with it."""
    account: str | None = None
    """Meta's id of the WhatsApp Business account."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Unrecognized(_Event):
    """Anything else: kept and counted, never an error."""

    kind: ClassVar[EventKind] = EventKind.UNRECOGNIZED
    field: str
    """The webhook field, `?` if it is no plain word."""
    event: str
    """The event or type within the field, `?` if there is none."""
    reason: str
    """Why we cannot use it, as a sentence."""
    errors: tuple[ReportedError, ...]


WebhookEvent = (
    OfferReceived
    | AnswerReceived
    | PeerHungUp
    | CallStatusChanged
    | PermissionReplied
    | TextReceived
    | IdentityChanged
    | PreferenceChanged
    | MessageFailed
    | MessageTaken
    | AccountUpdated
    | Unrecognized
)
