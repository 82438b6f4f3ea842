"""A text to a person: whether it is sent, how, and what an answer of Meta's makes of it. Pure.

Within 24 hours of what somebody wrote, of their call, or of one of ours that they answered, any
text reaches them; after that an approved template alone does (Meta, customer service windows; user
call permissions). A text is given to Meta once: where its answer got lost, Meta's own word about
the message (its status) decides within a minute, and without one it counts as failed. Twice is
worse than not at all, and nobody is told that they were written to when they may not have been.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum

from controlplane.core.errand import Backoff, Later, Verdict, canceled, failed
from shared.call.ids import CallId, PhoneNumberId
from shared.call.person import Person


class MessageStatus(StrEnum):
    """Where a text stands; `messages.status`."""

    OPEN = "open"
    SENT = "sent"
    FAILED = "failed"
    CANCELED = "canceled"


class MessageKind(StrEnum):
    """What a text is for; `messages.kind`, where others may stand as well."""

    AGENT = "agent"
    """Asked for in a call, by the agent's tool."""
    FOLLOW_UP = "follow-up"
    MISSED_CALL = "missed-call"
    LOST_CALL = "lost-call"
    MODEL_LOST = "model-lost"
    """The same, where it was the model that broke; the caller was told that a text follows."""


LONGEST_TEXT = 4096
"""Characters (Meta, text messages)."""
WAITS_FOR_WORD = timedelta(seconds=60)
"""For Meta's own word about a message whose answer got lost; a status comes within seconds."""
BACKOFF = Backoff(first=timedelta(seconds=3), longest=timedelta(minutes=10))

_GOOD_FOR = timedelta(hours=24)
# an answer, or an apology, of hours ago is none any more
_SHORT_LIVED = timedelta(hours=1)
_LIVES: Mapping[str, timedelta] = {MessageKind.FOLLOW_UP: _GOOD_FOR}

FORBIDDEN = "This person asked not to be called; nothing is written to them either."
UNDECIDED = (
    "This person wrote something that may be a STOP; nothing is written until it is decided."
)
TOO_LONG = f"The text is longer than the {LONGEST_TEXT} characters that Meta takes."
NO_WINDOW = (
    "This person has neither written nor called within 24 hours, so that only a template reaches "
    "them: set WA_FOLLOW_UP_TEMPLATE."
)
NO_LINE = "No line with this phone number id is configured here."
ASKED = "Meta's answer was lost; its word about the message is waited for."
UNKNOWN = (
    "Meta's answer was lost, and Meta said nothing about the message since: it may have arrived, "
    "and is not repeated."
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """One row of `messages`."""

    id: str
    call_id: CallId | None
    follow_up_id: str | None
    phone_number_id: PhoneNumberId
    person: Person
    kind: str
    body: str = field(repr=False)
    template: str | None = None
    """The template that it has to be sent with; None: free text, as far as is known."""
    status: MessageStatus = MessageStatus.OPEN
    attempts: int = 0
    created_at: datetime
    handed_at: datetime | None = None
    """When it was given to Meta; of an open one: whether Meta took it is not known."""
    last_error: str | None = None
    finished_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Reach:
    """What is known of a person and a line before a text goes out."""

    is_forbidden: bool = False
    """They asked not to be called."""
    undecided_until: datetime | None = None
    """They may have: until then nobody has decided."""
    has_window: bool = False
    """Free text reaches them."""
    in_call: bool = False
    """The text was asked for in a conversation with them: an answer, whatever they forbade."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Send:
    """Give it to Meta."""

    template: str | None
    """`name` or `name:language`; None: free text."""


@dataclass(frozen=True, slots=True, kw_only=True)
class NotTaken:
    """Meta did not take a text, or nobody knows."""

    why: str
    is_unknown: bool = False
    """It may have been taken."""
    may_repeat: bool = False
    needs_template: bool = False
    """Only a template reaches this person."""
    wait: timedelta | None = None
    """How long Meta asks to wait."""


def decide(
    message: Message, reach: Reach | None, *, template: str | None, now: datetime
) -> Send | Verdict:
    """Say what to do with a text that is due.

    Args:
        message: the row, claimed for this try.
        reach: what is known of its person; None: nobody serves the line.
        template: the configured one, for outside of the window.
        now: the time.
    """
    if message.handed_at is not None:
        return _unknown(message.handed_at, now)
    if reach is None:
        return _again(message, NO_LINE, None, now)
    if _is_late(message, now):
        return failed(_late_sentence(message))
    if (unwanted := _is_unwanted(message, reach, now)) is not None:
        return unwanted
    if len(message.body) > LONGEST_TEXT:
        return failed(TOO_LONG)
    if message.template is not None or reach.has_window:
        return Send(template=message.template)
    return Send(template=template) if template is not None else failed(NO_WINDOW)


def after(
    message: Message, sent: Send, answer: NotTaken, *, template: str | None, now: datetime
) -> tuple[Verdict, str | None]:
    """Say what Meta's answer makes of a text, and the template that it has to have from now on."""
    if answer.is_unknown:
        return Later(at=now + WAITS_FOR_WORD, why=ASKED), sent.template
    if answer.needs_template and sent.template is None:
        # Meta's window closed before ours
        if template is None:
            return failed(NO_WINDOW), None
        return Later(at=now, why=answer.why), template
    if not answer.may_repeat:
        return failed(answer.why), sent.template
    return _again(message, answer.why, answer.wait, now), message.template


def after_failure(message: Message, answer: NotTaken, *, template: str | None) -> str | None:
    """Say with which template a text is sent again that Meta took and did not deliver.

    `None`: not at all.
    """
    may_try = answer.needs_template and message.template is None
    return template if may_try else None


def _is_unwanted(message: Message, reach: Reach, now: datetime) -> Verdict | None:
    if reach.in_call and message.kind == MessageKind.AGENT:
        return None
    if reach.is_forbidden:
        return canceled(FORBIDDEN)
    if reach.undecided_until is None or now >= reach.undecided_until:
        return None
    if message.kind == MessageKind.FOLLOW_UP:
        return Later(at=reach.undecided_until, why=UNDECIDED)
    return canceled(UNDECIDED)


def _unknown(handed_at: datetime, now: datetime) -> Verdict:
    heard_by = handed_at + WAITS_FOR_WORD
    return failed(UNKNOWN) if now >= heard_by else Later(at=heard_by, why=ASKED, counts=False)


def _again(message: Message, why: str, wait: timedelta | None, now: datetime) -> Verdict:
    again = now + max(wait or timedelta(), BACKOFF.after(message.attempts))
    if again > message.created_at + _life(message):
        return failed(why)
    return Later(at=again, why=why)


def _is_late(message: Message, now: datetime) -> bool:
    return now > message.created_at + _life(message)


def _life(message: Message) -> timedelta:
    return _LIVES.get(message.kind, _SHORT_LIVED)


def _late_sentence(message: Message) -> str:
    hours = _life(message) // timedelta(hours=1)
    last = f" The last try: {message.last_error}" if message.last_error else ""
    return f"It could not be sent within {hours} h.{last}"
