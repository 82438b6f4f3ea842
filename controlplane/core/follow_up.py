"""A follow-up: what is done with one that is due, and what a call or a text makes of it. Pure.

call            placed through the policy, at most three times: a phone that was not answered is
                called once more an hour later (Meta takes the permission away after four in a
                row), a call that failed on our side twice more
message         a text into the outbox; what becomes of that becomes of the follow-up
task, email,    the operator's webhook, where there is one; else the row stays open for people
human-request
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from controlplane.core.errand import Backoff, Fate, Later, Over, Verdict, canceled, failed
from controlplane.core.message import MessageStatus
from shared.call.call import Call, CallStatus
from shared.call.denial import Reason
from shared.call.ids import CallId


class Channel(StrEnum):
    """How something is to be done; `follow_ups.channel`."""

    CALL = "call"
    MESSAGE = "message"
    EMAIL = "email"
    TASK = "task"


class FollowUpStatus(StrEnum):
    """Where a follow-up stands; `follow_ups.status`."""

    OPEN = "open"
    DONE = "done"
    FAILED = "failed"
    CANCELED = "canceled"


HUMAN_REQUEST = "human-request"
"""The kind of one that asks for a person of the business."""

DIALS = 3
"""How often a phone is called for one follow-up, at most."""
UNANSWERED_DIALS = 2
"""After so many calls that nobody answered, nobody is called again."""
BACKOFF = Backoff(first=timedelta(seconds=10), longest=timedelta(hours=1))
GIVEN_UP_AFTER = timedelta(days=7)
"""From when it was due."""
TOO_LATE_AFTER = timedelta(hours=24)
"""A call or a text that nobody tried at its time, for nothing of ours ran, comes as a surprise."""

_CALL_AGAIN = timedelta(hours=1)
_FAILED_CALL_AGAIN = timedelta(minutes=5)
_LOOK_AT_CALL = timedelta(seconds=20)
_LOOK_AT_MESSAGE = timedelta(seconds=60)
_DENIED_FOR_NOW = timedelta(minutes=5)
_LONGEST_CONTEXT = 4000

# a moment later the same call may pass, though nobody can say when
_PASSING = frozenset({Reason.LIVE_CALL, Reason.CONCURRENCY_LIMIT, Reason.RATE_LIMITED})

NOBODY = "The call that it belongs to names nobody who could be called or written to."
UNWANTED = "This person said, when they were asked, that they do not want to be contacted."
LATE = "Nothing ran at its time, and a day later it would come as a surprise."
GIVEN_UP = "It could not be done within a week."
DECLINED = "The person declined the call."
UNANSWERED = "The person did not answer."
BROKEN = "The call failed on our side; `wacall inspect` says why."
HUNG_UP = "An operator hung the call up before it was answered."


@dataclass(frozen=True, slots=True, kw_only=True)
class FollowUp:
    """One row of `follow_ups`."""

    id: str
    call_id: CallId
    due_at: datetime
    time_zone: str
    channel: str
    kind: str
    source: str
    purpose: str = field(repr=False)
    """For people, and for the agent of a call; never sent."""
    body: str | None = field(default=None, repr=False)
    status: FollowUpStatus = FollowUpStatus.OPEN
    attempts: int = 0
    next_at: datetime | None = None
    last_error: str | None = None
    finished_at: datetime | None = None
    placed_call_id: CallId | None = None

    @property
    def is_for_people(self) -> bool:
        """Whether people do it (`is_for_people()` in schema.sql says the same)."""
        return (
            self.channel in (Channel.EMAIL, Channel.TASK)
            or self.kind == HUMAN_REQUEST
            or (self.channel == Channel.MESSAGE and self.body is None)
        )


class Act(StrEnum):
    """What is to be done now."""

    TELL_PEOPLE = "tell-people"
    WRITE = "write"
    DIAL = "dial"


def decide(
    follow_up: FollowUp,
    *,
    has_person: bool,
    has_begun: bool,
    is_unwanted: bool = False,
    now: datetime,
) -> Act | Over:
    """Say what to do with one that is due.

    Args:
        follow_up: the row, claimed for this try.
        has_person: whether the call that it belongs to names somebody.
        is_unwanted: whether the person said, when asked, that they want no contact.
        has_begun: whether its call was placed or its text written: then it is seen to its end.
        now: the time.
    """
    if now > follow_up.due_at + GIVEN_UP_AFTER:
        return failed(_with_last(GIVEN_UP, follow_up))
    if follow_up.is_for_people:
        return Act.TELL_PEOPLE
    if not has_person:
        return failed(NOBODY)
    if is_unwanted and not has_begun:
        return canceled(UNWANTED)
    if not has_begun and now > (follow_up.next_at or follow_up.due_at) + TOO_LATE_AFTER:
        return failed(LATE)
    return Act.DIAL if follow_up.channel == Channel.CALL else Act.WRITE


def after_error(follow_up: FollowUp, why: str, *, now: datetime) -> Verdict:
    """Say when something is tried again that failed, and may not fail the next time."""
    again = now + BACKOFF.after(follow_up.attempts)
    if again > follow_up.due_at + GIVEN_UP_AFTER:
        return failed(why)
    return Later(at=again, why=why)


# --- a text ---


def after_message(status: MessageStatus, why: str | None, *, now: datetime) -> Verdict:
    """Say what became of the follow-up by what became of its text."""
    match status:
        case MessageStatus.OPEN:
            return Later(at=now + _LOOK_AT_MESSAGE, why=why, counts=False)
        case MessageStatus.SENT:
            return Over(fate=Fate.DONE)
        case MessageStatus.CANCELED:
            return canceled(why or "The message was canceled.")
    return failed(why or "The message could not be sent.")


# --- a call ---


def after_call(call: Call, dials: int, *, now: datetime) -> Verdict | None:
    """Say what became of the follow-up by the last call that was placed for it.

    `None`: the phone is to be called again now. `dials`: how often it has been, this one included.
    """
    if call.answered_at is not None:
        return Over(fate=Fate.DONE)
    ended_at = call.ended_at
    if ended_at is None:
        return Later(at=now + _LOOK_AT_CALL, counts=False)
    match call.status:
        case CallStatus.REJECTED:
            return failed(DECLINED)
        case CallStatus.CANCELED:
            return canceled(HUNG_UP)
        case CallStatus.NO_ANSWER:
            most, pause, why = UNANSWERED_DIALS, _CALL_AGAIN, UNANSWERED
        case _:
            most, pause, why = DIALS, _FAILED_CALL_AGAIN, BROKEN
    if dials >= most:
        return failed(why)
    again = ended_at + pause
    return None if now >= again else Later(at=again, why=why)


def after_denial(
    follow_up: FollowUp, code: str, why: str, retry_at: datetime | None, *, now: datetime
) -> Verdict:
    """Say what a denial of the policy's makes of it: later if time changes it, else over."""
    if code == Reason.DO_NOT_CALL:
        return canceled(why)
    if retry_at is None and code in _PASSING:
        retry_at = now + _DENIED_FOR_NOW
    if retry_at is None or retry_at > follow_up.due_at + GIVEN_UP_AFTER:
        return failed(why)
    return Later(at=max(retry_at, now), why=why)


def key_of_dial(follow_up: FollowUp, dial: int) -> str:
    """Return the idempotency key of the first, second, third call: the same for whoever tries."""
    return f"follow-up:{follow_up.id}:{dial}"


def context_of(follow_up: FollowUp) -> Mapping[str, Any]:
    """Return what the agent of the call is told beforehand."""
    return {
        "reason": "a follow-up that was agreed in an earlier call",
        "purpose": follow_up.purpose[:_LONGEST_CONTEXT],
        "agreed_for": _local(follow_up),
    }


# --- people ---


def notice_of(follow_up: FollowUp, call: Call | None) -> Mapping[str, Any]:
    """Return what the operator's webhook is told: everything that somebody needs who takes over."""
    person = call.party.person if call is not None else None
    return {
        "event": HUMAN_REQUEST if follow_up.kind == HUMAN_REQUEST else "follow-up",
        "id": follow_up.id,
        "kind": follow_up.kind,
        "channel": follow_up.channel,
        "source": follow_up.source,
        "due_at": follow_up.due_at.isoformat(),
        "due_at_local": _local(follow_up),
        "time_zone": follow_up.time_zone,
        "purpose": follow_up.purpose,
        "body": follow_up.body,
        "call_id": follow_up.call_id,
        "phone_number_id": call.phone_number_id if call is not None else None,
        "person": {
            "user_id": person.user_id if person is not None else None,
            "phone": f"+{person.phone}" if person is not None and person.phone else None,
            "name": call.party.name if call is not None else None,
        },
    }


def _local(follow_up: FollowUp) -> str:
    try:
        zone = ZoneInfo(follow_up.time_zone)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return follow_up.due_at.isoformat()
    return follow_up.due_at.astimezone(zone).isoformat()


def _with_last(sentence: str, follow_up: FollowUp) -> str:
    return f"{sentence} The last try: {follow_up.last_error}" if follow_up.last_error else sentence
