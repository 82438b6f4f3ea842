"""What is done with a follow-up that is due, and what calls, texts and denials make of it."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from controlplane.core.errand import Fate, Later, Over, Verdict
from controlplane.core.follow_up import (
    BROKEN,
    DECLINED,
    GIVEN_UP,
    HUMAN_REQUEST,
    HUNG_UP,
    LATE,
    NOBODY,
    UNANSWERED,
    UNWANTED,
    Act,
    Channel,
    FollowUp,
    after_call,
    after_denial,
    after_error,
    after_message,
    context_of,
    decide,
    key_of_dial,
    notice_of,
)
from controlplane.core.message import MessageStatus
from shared.call.call import Call, CallStatus, Direction
from shared.call.denial import Reason
from shared.call.ids import CallId, PhoneNumberId
from shared.call.person import Party, Person

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
CALL_ID = CallId("7c9e6679-7425-40de-944b-e07fc1f90ae7")
TO_CALL = FollowUp(
    id="22222222-2222-2222-2222-222222222222",
    call_id=CALL_ID,
    due_at=NOW,
    time_zone="Europe/Madrid",
    channel=Channel.CALL,
    kind="follow-up",
    source="agent",
    purpose="tell the price",
    attempts=1,
)
TO_WRITE = replace(TO_CALL, channel=Channel.MESSAGE, body="Here is the price list")
TASK = replace(TO_CALL, channel=Channel.TASK)
PLACED = Call(
    id=CallId("33333333-3333-3333-3333-333333333333"),
    wacid=None,
    direction=Direction.OUTBOUND,
    status=CallStatus.DIALING,
    phone_number_id=PhoneNumberId("1"),
    party=Party(person=Person(user_id="ES.1", phone="34911234567"), name="Ana"),
    created_at=NOW - HOUR,
)


def failing(why: str) -> Over:
    return Over(fate=Fate.FAILED, why=why)


def leaving(why: str) -> Over:
    return Over(fate=Fate.CANCELED, why=why)


def ended(status: CallStatus, ago: timedelta) -> Call:
    return replace(PLACED, status=status, ended_at=NOW - ago)


@pytest.mark.parametrize(
    ("follow_up", "is_for_people"),
    [
        (TO_CALL, False),
        (TO_WRITE, False),
        # nobody has said what to write
        (replace(TO_WRITE, body=None), True),
        (TASK, True),
        (replace(TO_CALL, channel=Channel.EMAIL), True),
        (replace(TO_CALL, kind=HUMAN_REQUEST), True),
        (replace(TO_WRITE, kind=HUMAN_REQUEST), True),
        (replace(TO_CALL, kind="promise"), False),
    ],
)
def test_people_do_what_no_program_can(follow_up: FollowUp, is_for_people: bool) -> None:
    """Tasks, e-mails, a request for a person, a message without words."""
    assert follow_up.is_for_people is is_for_people
    act = decide(follow_up, has_person=True, has_begun=False, now=NOW)
    assert (act is Act.TELL_PEOPLE) is is_for_people


@pytest.mark.parametrize(
    ("follow_up", "has_person", "has_begun", "act"),
    [
        (TO_CALL, True, False, Act.DIAL),
        (TO_WRITE, True, False, Act.WRITE),
        (TO_CALL, False, False, failing(NOBODY)),
        (TO_WRITE, False, False, failing(NOBODY)),
        # people can be told of somebody without a number
        (TASK, False, False, Act.TELL_PEOPLE),
        # nothing ran at its time
        (replace(TO_CALL, due_at=NOW - DAY), True, False, Act.DIAL),
        (replace(TO_CALL, due_at=NOW - DAY - MINUTE), True, False, failing(LATE)),
        (replace(TO_WRITE, due_at=NOW - DAY - MINUTE), True, False, failing(LATE)),
        # a later time was waited for, or its call is out
        (replace(TO_CALL, due_at=NOW - 3 * DAY, next_at=NOW), True, False, Act.DIAL),
        (replace(TO_CALL, due_at=NOW - 3 * DAY), True, True, Act.DIAL),
        # a task is worth telling however late
        (replace(TASK, due_at=NOW - 6 * DAY), True, False, Act.TELL_PEOPLE),
        (replace(TASK, due_at=NOW - 8 * DAY), True, False, failing(GIVEN_UP)),
        (
            replace(TASK, due_at=NOW - 8 * DAY, last_error="HTTP 500."),
            True,
            False,
            failing(f"{GIVEN_UP} The last try: HTTP 500."),
        ),
        (replace(TO_CALL, due_at=NOW - 8 * DAY, next_at=NOW), True, True, failing(GIVEN_UP)),
    ],
)
def test_a_due_follow_up_is_acted_on_or_given_up(
    follow_up: FollowUp, has_person: bool, has_begun: bool, act: Act | Over
) -> None:
    """Each row is a rule."""
    assert decide(follow_up, has_person=has_person, has_begun=has_begun, now=NOW) == act


@pytest.mark.parametrize(
    ("follow_up", "has_begun", "act"),
    [
        (TO_CALL, False, leaving(UNWANTED)),
        (TO_WRITE, False, leaving(UNWANTED)),
        # it is out already: what becomes of it is still written down
        (TO_CALL, True, Act.DIAL),
        # they asked for a person themselves
        (TASK, False, Act.TELL_PEOPLE),
    ],
)
def test_who_wants_no_contact_is_left_alone(
    follow_up: FollowUp, has_begun: bool, act: Act | Over
) -> None:
    """Said when they were asked (`may_follow_up` of their lead), whatever was scheduled."""
    chosen = decide(follow_up, has_person=True, has_begun=has_begun, is_unwanted=True, now=NOW)
    assert chosen == act


@pytest.mark.parametrize(
    ("follow_up", "verdict"),
    [
        (TASK, Later(at=NOW + timedelta(seconds=10), why="w")),
        (replace(TASK, attempts=20), Later(at=NOW + HOUR, why="w")),
        (replace(TASK, attempts=20, due_at=NOW - 7 * DAY), failing("w")),
    ],
)
def test_an_error_is_a_reason_to_try_again(follow_up: FollowUp, verdict: Verdict) -> None:
    """With growing pauses, for a week."""
    assert after_error(follow_up, "w", now=NOW) == verdict


@pytest.mark.parametrize(
    ("status", "why", "verdict"),
    [
        (MessageStatus.OPEN, None, Later(at=NOW + MINUTE, counts=False)),
        (MessageStatus.OPEN, "w", Later(at=NOW + MINUTE, why="w", counts=False)),
        (MessageStatus.SENT, None, Over(fate=Fate.DONE)),
        (MessageStatus.FAILED, "w", failing("w")),
        (MessageStatus.FAILED, None, failing("The message could not be sent.")),
        (MessageStatus.CANCELED, "w", leaving("w")),
        (MessageStatus.CANCELED, None, leaving("The message was canceled.")),
    ],
)
def test_what_becomes_of_the_text_becomes_of_the_follow_up(
    status: MessageStatus, why: str | None, verdict: Verdict
) -> None:
    """The reason goes along."""
    assert after_message(status, why, now=NOW) == verdict


@pytest.mark.parametrize(
    ("call", "dials", "verdict"),
    [
        (PLACED, 1, Later(at=NOW + timedelta(seconds=20), counts=False)),
        (replace(PLACED, answered_at=NOW), 1, Over(fate=Fate.DONE)),
        (
            replace(ended(CallStatus.COMPLETED, HOUR), answered_at=NOW - HOUR),
            1,
            Over(fate=Fate.DONE),
        ),
        (ended(CallStatus.REJECTED, MINUTE), 1, failing(DECLINED)),
        (ended(CallStatus.CANCELED, MINUTE), 1, leaving(HUNG_UP)),
        (ended(CallStatus.NO_ANSWER, MINUTE), 1, Later(at=NOW + 59 * MINUTE, why=UNANSWERED)),
        (ended(CallStatus.NO_ANSWER, HOUR), 1, None),
        (ended(CallStatus.NO_ANSWER, HOUR), 2, failing(UNANSWERED)),
        (ended(CallStatus.FAILED, MINUTE), 1, Later(at=NOW + 4 * MINUTE, why=BROKEN)),
        (ended(CallStatus.FAILED, 5 * MINUTE), 2, None),
        (ended(CallStatus.FAILED, 5 * MINUTE), 3, failing(BROKEN)),
    ],
)
def test_what_becomes_of_the_call_becomes_of_the_follow_up(
    call: Call, dials: int, verdict: Verdict | None
) -> None:
    """A phone is called twice if nobody answers, thrice if it is our fault; who declines, once."""
    assert after_call(call, dials, now=NOW) == verdict


@pytest.mark.parametrize(
    ("reason", "retry_at", "verdict"),
    [
        (Reason.DO_NOT_CALL, None, leaving("w")),
        (Reason.OUTSIDE_HOURS, NOW + 3 * DAY, Later(at=NOW + 3 * DAY, why="w")),
        (Reason.CONNECTED_LIMIT, NOW + HOUR, Later(at=NOW + HOUR, why="w")),
        (Reason.RATE_LIMITED, NOW - MINUTE, Later(at=NOW, why="w")),
        (Reason.OUTSIDE_HOURS, NOW + 8 * DAY, failing("w")),
        (Reason.OUTSIDE_HOURS, None, failing("w")),
        (Reason.LIVE_CALL, None, Later(at=NOW + 5 * MINUTE, why="w")),
        (Reason.CONCURRENCY_LIMIT, None, Later(at=NOW + 5 * MINUTE, why="w")),
        (Reason.NO_PERMISSION, None, failing("w")),
        (Reason.PERMISSION_EXPIRED, None, failing("w")),
        (Reason.UNANSWERED, None, failing("w")),
        (Reason.BUSINESS_COUNTRY, None, failing("w")),
    ],
)
def test_a_denial_is_waited_out_if_time_changes_it(
    reason: Reason, retry_at: datetime | None, verdict: Verdict
) -> None:
    """Hours and limits pass; a permission that is missing does not come by itself."""
    assert after_denial(TO_CALL, reason, "w", retry_at, now=NOW) == verdict


def test_each_dial_has_a_key_of_its_own() -> None:
    """The same for whoever tries, so that a second one finds the first one's call."""
    keys = {key_of_dial(TO_CALL, dial) for dial in (1, 2, 3)}
    assert len(keys) == 3
    assert key_of_dial(replace(TO_CALL, attempts=9), 1) in keys


def test_the_agent_is_told_what_was_agreed() -> None:
    """In the zone in which it was agreed; a purpose that is a novel is cut."""
    context = context_of(replace(TO_CALL, purpose="x" * 9999))
    assert context["agreed_for"] == "2026-03-01T13:00:00+01:00"
    assert len(context["purpose"]) == 4000


@pytest.mark.parametrize("zone", ["Nowhere/Atlantis", "../etc/passwd", "", "Europe"])
def test_a_zone_that_nobody_knows_is_no_obstacle(zone: str) -> None:
    """The moment is the same."""
    context = context_of(replace(TO_CALL, time_zone=zone))
    assert context["agreed_for"] == "2026-03-01T12:00:00+00:00"


def test_people_are_told_everything_that_they_need() -> None:
    """Whom, what, until when, and which call it comes from."""
    notice = notice_of(replace(TASK, kind=HUMAN_REQUEST), PLACED)
    assert notice["event"] == "human-request"
    assert notice["person"] == {"user_id": "ES.1", "phone": "+34911234567", "name": "Ana"}
    assert (notice["purpose"], notice["call_id"]) == ("tell the price", CALL_ID)
    hidden = replace(PLACED, party=Party(person=Person(user_id="ES.1")))
    assert notice_of(TASK, hidden)["person"] == {"user_id": "ES.1", "phone": None, "name": None}
    nobody = replace(PLACED, party=Party())
    for call in (nobody, None):
        told = notice_of(TASK, call)
        assert told["event"] == "follow-up"
        assert told["person"] == {"user_id": None, "phone": None, "name": None}


def test_what_was_said_is_not_in_a_repr() -> None:
    """Neither the purpose nor the text."""
    assert "price" not in repr(TO_WRITE)
