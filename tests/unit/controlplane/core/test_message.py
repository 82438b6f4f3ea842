"""What becomes of a text: a table of what is known, and one of what Meta answers."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from controlplane.core.errand import Fate, Later, Over, Verdict
from controlplane.core.message import (
    ASKED,
    FORBIDDEN,
    LONGEST_TEXT,
    NO_LINE,
    NO_WINDOW,
    TOO_LONG,
    UNDECIDED,
    UNKNOWN,
    Message,
    MessageKind,
    NotTaken,
    Reach,
    Send,
    after,
    after_failure,
    decide,
)
from shared.call.ids import CallId, PhoneNumberId
from shared.call.person import Person

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
TEXT = Message(
    id="11111111-1111-1111-1111-111111111111",
    call_id=CallId("7c9e6679-7425-40de-944b-e07fc1f90ae7"),
    follow_up_id=None,
    phone_number_id=PhoneNumberId("1"),
    person=Person(phone="15551234567"),
    kind=MessageKind.AGENT,
    body="Here is the link",
    attempts=1,
    created_at=NOW - timedelta(seconds=1),
)
FOLLOW_UP = replace(TEXT, kind=MessageKind.FOLLOW_UP)
MISSED = replace(TEXT, kind=MessageKind.MISSED_CALL)
OPEN = Reach(has_window=True)
SHUT = Reach()
MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)
TOMORROW = NOW + 24 * HOUR


def failing(why: str) -> Over:
    return Over(fate=Fate.FAILED, why=why)


def leaving(why: str) -> Over:
    return Over(fate=Fate.CANCELED, why=why)


@pytest.mark.parametrize(
    ("message", "reach", "template", "choice"),
    [
        # the window, and what is beyond it
        (TEXT, OPEN, None, Send(template=None)),
        (TEXT, OPEN, "later", Send(template=None)),
        (TEXT, SHUT, "later:de", Send(template="later:de")),
        (TEXT, SHUT, None, failing(NO_WINDOW)),
        (MISSED, SHUT, None, failing(NO_WINDOW)),
        # Meta said already that free text does not reach them
        (replace(TEXT, template="later"), OPEN, "newer", Send(template="later")),
        # whom we must not write to
        (FOLLOW_UP, Reach(has_window=True, is_forbidden=True), None, leaving(FORBIDDEN)),
        (MISSED, Reach(has_window=True, is_forbidden=True), None, leaving(FORBIDDEN)),
        (TEXT, Reach(has_window=True, is_forbidden=True), None, leaving(FORBIDDEN)),
        # an answer in a conversation that they began, or took
        (TEXT, Reach(has_window=True, is_forbidden=True, in_call=True), None, Send(template=None)),
        (
            FOLLOW_UP,
            Reach(has_window=True, is_forbidden=True, in_call=True),
            None,
            leaving(FORBIDDEN),
        ),
        # who may have said STOP: what was agreed waits for the decision, an apology does not
        (
            FOLLOW_UP,
            Reach(has_window=True, undecided_until=NOW + HOUR),
            None,
            Later(at=NOW + HOUR, why=UNDECIDED),
        ),
        (MISSED, Reach(has_window=True, undecided_until=NOW + HOUR), None, leaving(UNDECIDED)),
        (FOLLOW_UP, Reach(has_window=True, undecided_until=NOW), None, Send(template=None)),
        # what cannot be sent at all
        (replace(TEXT, body="x" * LONGEST_TEXT), OPEN, None, Send(template=None)),
        (replace(TEXT, body="x" * (LONGEST_TEXT + 1)), OPEN, None, failing(TOO_LONG)),
        # nobody here has the line: another replica may
        (TEXT, None, None, Later(at=NOW + timedelta(seconds=3), why=NO_LINE)),
        # too late
        (replace(TEXT, created_at=NOW - HOUR), OPEN, None, Send(template=None)),
        (
            replace(TEXT, created_at=NOW - 61 * MINUTE),
            OPEN,
            None,
            failing("It could not be sent within 1 h."),
        ),
        (
            replace(TEXT, created_at=NOW - 61 * MINUTE, last_error="Graph is silent."),
            OPEN,
            None,
            failing("It could not be sent within 1 h. The last try: Graph is silent."),
        ),
        (replace(FOLLOW_UP, created_at=NOW - 23 * HOUR), OPEN, None, Send(template=None)),
        (
            replace(FOLLOW_UP, created_at=NOW - 25 * HOUR),
            OPEN,
            None,
            failing("It could not be sent within 24 h."),
        ),
        (replace(TEXT, created_at=NOW - 61 * MINUTE), None, None, failing(NO_LINE)),
        # an earlier try gave it to Meta, and nobody knows: never again, whatever else holds
        (
            replace(TEXT, handed_at=NOW - timedelta(seconds=20)),
            OPEN,
            None,
            Later(at=NOW + timedelta(seconds=40), why=ASKED, counts=False),
        ),
        (replace(TEXT, handed_at=NOW - MINUTE), OPEN, None, failing(UNKNOWN)),
        (replace(TEXT, handed_at=NOW - MINUTE), None, None, failing(UNKNOWN)),
        (
            replace(TEXT, handed_at=NOW - MINUTE),
            Reach(is_forbidden=True),
            "later",
            failing(UNKNOWN),
        ),
    ],
)
def test_a_due_text_is_sent_or_not(
    message: Message, reach: Reach | None, template: str | None, choice: Send | Verdict
) -> None:
    """Each row is a rule."""
    assert decide(message, reach, template=template, now=NOW) == choice


FREE = Send(template=None)
BY_TEMPLATE = Send(template="later")
WAITING = Later(at=NOW + MINUTE, why=ASKED)


@pytest.mark.parametrize(
    ("message", "sent", "answer", "template", "verdict", "kept"),
    [
        # nobody knows: wait for Meta's word
        (TEXT, FREE, NotTaken(why="w", is_unknown=True), None, WAITING, None),
        (
            TEXT,
            BY_TEMPLATE,
            NotTaken(why="w", is_unknown=True, may_repeat=True),
            "later",
            WAITING,
            "later",
        ),
        # refused for good
        (TEXT, FREE, NotTaken(why="w"), None, failing("w"), None),
        (TEXT, BY_TEMPLATE, NotTaken(why="w"), "later", failing("w"), "later"),
        # Meta's window was shut, though ours was open
        (TEXT, FREE, NotTaken(why="w", needs_template=True), None, failing(NO_WINDOW), None),
        (
            TEXT,
            FREE,
            NotTaken(why="w", needs_template=True),
            "later",
            Later(at=NOW, why="w"),
            "later",
        ),
        (
            TEXT,
            BY_TEMPLATE,
            NotTaken(why="w", needs_template=True),
            "later",
            failing("w"),
            "later",
        ),
        # refused for now
        (
            TEXT,
            FREE,
            NotTaken(why="w", may_repeat=True),
            None,
            Later(at=NOW + timedelta(seconds=3), why="w"),
            None,
        ),
        (
            replace(TEXT, attempts=3),
            BY_TEMPLATE,
            NotTaken(why="w", may_repeat=True),
            "later",
            Later(at=NOW + timedelta(seconds=12), why="w"),
            None,
        ),
        (
            TEXT,
            FREE,
            NotTaken(why="w", may_repeat=True, wait=10 * MINUTE),
            None,
            Later(at=NOW + 10 * MINUTE, why="w"),
            None,
        ),
        # and it would be too late
        (TEXT, FREE, NotTaken(why="w", may_repeat=True, wait=2 * HOUR), None, failing("w"), None),
        (
            FOLLOW_UP,
            FREE,
            NotTaken(why="w", may_repeat=True, wait=2 * HOUR),
            None,
            Later(at=NOW + 2 * HOUR, why="w"),
            None,
        ),
    ],
)
def test_metas_answer_decides_what_comes_next(
    message: Message,
    sent: Send,
    answer: NotTaken,
    template: str | None,
    verdict: Verdict,
    kept: str | None,
) -> None:
    """A lost answer is never a reason to send again; a refusal may be."""
    assert after(message, sent, answer, template=template, now=NOW) == (verdict, kept)


@pytest.mark.parametrize(
    ("message", "answer", "template", "again"),
    [
        (TEXT, NotTaken(why="w", needs_template=True), "later", "later"),
        (TEXT, NotTaken(why="w", needs_template=True), None, None),
        (replace(TEXT, template="later"), NotTaken(why="w", needs_template=True), "later", None),
        (TEXT, NotTaken(why="w"), "later", None),
    ],
)
def test_what_was_not_delivered_is_sent_again_as_a_template_alone(
    message: Message, answer: NotTaken, template: str | None, again: str | None
) -> None:
    """Once, and only where the window was the reason."""
    assert after_failure(message, answer, template=template) == again


def test_a_text_is_not_in_a_repr() -> None:
    """Nor is a number."""
    assert "link" not in repr(TEXT)
    assert "1555" not in repr(TEXT)
