"""What a person does when the business calls, what Meta does wrong, and what is kept. Pure data."""

from collections.abc import Callable, Set
from dataclasses import dataclass
from enum import StrEnum

from simulators.meta.people.call_plan import MediaTimings, PhonePlan, Violation, stream_violations
from simulators.phone.receiving import Reception


class Reaction(StrEnum):
    """What the person does with the ringing phone."""

    ANSWERS = "answers"
    REJECTS = "rejects"
    IGNORES = "ignores"
    """Lets it ring; also for a test that picks up or rejects itself."""
    BUSY = "busy"
    """Talks to somebody else: REJECTED at once, without RINGING (our reading; Meta has no word)."""
    UNREACHABLE = "unreachable"
    """The phone is off: no RINGING, and after the ring time the end."""
    FAILS = "fails"
    """The client cannot set the call up: FAILED with `error_code`."""


class AnswerWebhook(StrEnum):
    """When the `connect` webhook with the SDP answer comes."""

    AFTER_RESPONSE = "after-response"
    BEFORE_RESPONSE = "before-response"
    """It is taken by the business before the HTTP response of `connect` leaves."""
    NEVER = "never"


class Statuses(StrEnum):
    """Which status webhooks come, and in which order."""

    IN_ORDER = "in-order"
    SWAPPED = "swapped"
    """ACCEPTED (or REJECTED) first, then RINGING."""
    NO_RINGING = "no-ringing"
    NO_ACCEPTED = "no-accepted"
    """Only the caller's audio tells of the pick-up."""
    BEFORE_ANSWER = "before-answer"
    """All of them before the `connect` webhook."""
    NONE = "none"


@dataclass(frozen=True, slots=True, kw_only=True)
class CalleePlan(PhonePlan):
    """How one person takes the business's calls; times in seconds."""

    reaction: Reaction = Reaction.ANSWERS
    after_s: float = 1.0
    """From the ringing to what the person does."""
    answer_delay_s: float = 0.5
    """From the request to the `connect` webhook with the answer."""
    ringing_delay_s: float = 0.2
    """From that webhook to the ringing."""
    answer_webhook: AnswerWebhook = AnswerWebhook.AFTER_RESPONSE
    statuses: Statuses = Statuses.IN_ORDER
    setup: str = "active"
    """DTLS role in the answer to an offer of `actpass`: `active`, `passive`, wrongly `actpass`."""
    error_code: int = 138019
    """Meta's code if the call fails."""
    connect_copies: int = 1
    status_copies: int = 1
    with_contacts: bool = True
    """Leave `contacts` out of the `connect` webhook, as has been seen."""
    legacy_connection: bool = True
    """Repeat the SDP in the retired `connection` object, as Meta does."""
    status_opaque: bool = True
    """Echo `biz_opaque_callback_data` in statuses too."""
    edit_answer: Callable[[str], str] | None = None
    """Spoil the answer."""


@dataclass(slots=True, kw_only=True)
class OutboundTimings(MediaTimings):
    """When what happened in a business's call, as `time.monotonic()`; None: not (yet)."""

    offer_received: float | None = None
    """The `connect` request came."""
    response_sent: float | None = None
    """Its HTTP response left, or was lost."""
    answer_sent: float | None = None
    """The `connect` webhook was posted first."""
    answer_acknowledged: float | None = None
    ringing: float | None = None
    picked_up: float | None = None
    rejected: float | None = None

    def since_offer_ms(self) -> dict[str, float]:
        """Milliseconds from the `connect` request, for every step that happened."""
        return self.since_ms(self.offer_received)


def outbound_violations(
    counts: Reception, *, negotiated: Set[int], dtls_failed: bool
) -> list[Violation]:
    """Judge what arrived at the phone in a business's call.

    Media may be up while it rings, but what can be heard before the pick-up is lost on nobody's
    ear, and the greeting with it.
    """
    found = []
    if counts.early_audible:
        found.append(
            Violation(
                what=f"{counts.early_audible} audible packets before the user picked up",
                rule="Meta, business-initiated calls: speak from ACCEPTED on, not on connect, "
                "RINGING or ICE",
            )
        )
    return found + stream_violations(counts, negotiated=negotiated, dtls_failed=dtls_failed)
