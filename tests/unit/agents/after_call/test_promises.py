from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from agents.after_call.findings import FoundPromise
from agents.after_call.plan import KeptPromise, Standing
from agents.after_call.promises import due_time, promise_id, settle_promises
from shared.call.records import FollowUp
from tests.unit.agents.after_call.conversations import (
    CALL_ID,
    NOW,
    follow_up,
    material,
    promise,
    tool_call,
)

SAID = (
    "Hello, how can I help?",
    "> I will send you the money for the price list.",
    "Fine, I’ll send you the price list. And we will call you on Tuesday at ten.",
)
LIST = "I'll send you the price list."
CALL = "we will call you on Tuesday at ten"
TUESDAY = datetime(2026, 12, 1, 9, 0, tzinfo=UTC)
"""At ten in Amsterdam."""


def settle(
    *found: FoundPromise, may_call: bool = True, arranged: Sequence[FollowUp] = (), **more: Any
) -> list[tuple[KeptPromise, FollowUp | None]]:
    return settle_promises(
        found, material(SAID, **more), arranged=arranged, may_call=may_call, now=NOW
    )


@pytest.mark.parametrize(
    "invented",
    [
        promise("I will give you a discount of ten percent", 3),
        promise("I will send you the money", 2),
        promise("", 3),
        promise("we", 3),
        promise("!!! ??? ...", 3),
    ],
    ids=["never said", "the customer's", "empty", "a word that stands anywhere", "no word"],
)
def test_a_quote_that_no_turn_of_the_agent_holds_is_dropped(invented: FoundPromise) -> None:
    """A model that invents a promise invents work, or a text to a customer."""
    assert settle(invented) == []


@pytest.mark.parametrize(
    "quote",
    [
        LIST,
        "i'll   send YOU the price list",
        "“I’ll send you the price list”",
        "send you the price",
    ],
)
@pytest.mark.parametrize("turn", [3, 1, 77, -2])
def test_a_literal_quote_is_found_whatever_its_marks_and_its_number(quote: str, turn: int) -> None:
    """Models copy words well, and quotation marks and numbers badly."""
    ((kept, row),) = settle(promise(quote, turn, remedy="message", message="14 euros a day."))
    assert (kept.turn, kept.standing) == (3, Standing.FOLLOW_UP)
    assert row is not None
    assert (row.channel, row.body, row.due_at) == ("message", "14 euros a day.", NOW)
    assert (row.source, row.kind, row.time_zone) == ("workflow", "promise", "Europe/Amsterdam")


@pytest.mark.parametrize(
    ("found", "channel", "standing", "due_at"),
    [
        (promise(LIST, 3, remedy="message", message="14."), "message", Standing.FOLLOW_UP, NOW),
        (promise(LIST, 3, remedy="message"), "task", Standing.FLAGGED, NOW),
        (promise(LIST, 3, remedy="message", message="  "), "task", Standing.FLAGGED, NOW),
        (
            promise(CALL, 3, remedy="call", due_at="2026-12-01T10:00"),
            "call",
            Standing.FOLLOW_UP,
            TUESDAY,
        ),
        (promise(CALL, 3, remedy="call"), "task", Standing.FLAGGED, NOW),
        (promise(CALL, 3, remedy="call", due_at="Tuesday"), "task", Standing.FLAGGED, NOW),
        (promise(CALL, 3, remedy="call", due_at="2026-11-01T10:00"), "task", Standing.FLAGGED, NOW),
        (promise(CALL, 3, remedy="call", due_at="2036-11-01T10:00"), "task", Standing.FLAGGED, NOW),
        (
            promise(LIST, 3, remedy="task", due_at="2026-12-01T10:00", message="14."),
            "task",
            Standing.FLAGGED,
            TUESDAY,
        ),
    ],
)
def test_what_nothing_backs_becomes_a_follow_up_or_a_flag(
    found: FoundPromise, channel: str, standing: Standing, due_at: datetime
) -> None:
    """Only a text that is there, and a call with a time, are carried out without people."""
    ((kept, row),) = settle(found)
    assert row is not None
    assert (row.channel, row.due_at, kept.standing) == (channel, due_at, standing)
    assert kept.follow_up == row.id
    assert (row.body is not None) == (channel == "message")


def test_who_asked_for_peace_is_not_called() -> None:
    """A promised call to somebody who does not want any is for people to settle."""
    ((kept, row),) = settle(
        promise(CALL, 3, remedy="call", due_at="2026-12-01T10:00"), may_call=False
    )
    assert row is not None
    assert (row.channel, kept.standing) == ("task", Standing.FLAGGED)


@pytest.mark.parametrize(
    ("name", "error", "backed_by", "backs"),
    [
        ("scheduleFollowUp", None, 1, True),
        ("requestHuman", None, 1, True),
        ("someAction", None, 1, True),
        ("scheduleFollowUp", "refused", 1, False),
        ("sendMessage", "timeout", 1, False),
        ("scheduleFollowUp", None, 2, False),
        ("scheduleFollowUp", None, 0, False),
        ("scheduleFollowUp", None, -1, False),
        ("scheduleFollowUp", None, None, False),
        *(
            (name, None, 1, False)
            for name in ("upsertLead", "logOutcome", "doNotCall", "endCall", "offPurpose")
        ),
    ],
)
def test_only_a_tool_call_that_was_done_backs_a_promise(
    name: str, error: str | None, backed_by: int | None, backs: bool
) -> None:
    """What failed, what is not there, and what merely writes something down keeps none."""
    ((kept, row),) = settle(
        promise(CALL, 3, remedy="call", due_at="2026-12-01T10:00", backed_by=backed_by),
        tool_calls=[tool_call(name, error=error)],
    )
    assert (row is None, kept.standing is Standing.BACKED) == (backs, backs)


@pytest.mark.parametrize(
    ("name", "channel", "remedy", "backs"),
    [
        ("scheduleFollowUp", None, "call", True),
        ("scheduleFollowUp", None, "message", False),
        ("scheduleFollowUp", "call", "message", False),
        ("scheduleFollowUp", "message", "message", True),
        ("scheduleFollowUp", "message", "call", False),
        ("scheduleFollowUp", "task", "message", True),
        ("scheduleFollowUp", "email", "call", True),
        ("scheduleFollowUp", "call", "task", True),
        ("sendMessage", None, "message", True),
        ("sendMessage", None, "call", False),
        ("sendMessage", None, "task", False),
        ("requestHuman", None, "call", True),
    ],
)
def test_a_tool_call_of_another_kind_backs_nothing(
    name: str, channel: str | None, remedy: str, backs: bool
) -> None:
    """Whoever was promised a price list is not served by being called."""
    given = replace(tool_call(name), arguments={} if channel is None else {"channel": channel})
    found = promise(LIST, 3, remedy=remedy, message="14.", backed_by=1)
    ((_, row),) = settle(found, tool_calls=[given])
    assert (row is None) == backs


@pytest.mark.parametrize(
    ("channel", "apart", "backs"),
    [
        ("call", timedelta(), True),
        ("call", timedelta(minutes=14), True),
        ("call", timedelta(minutes=16), False),
        ("message", timedelta(), False),
    ],
)
def test_a_follow_up_of_the_same_time_backs_it_in_whatever_words(
    channel: str, apart: timedelta, backs: bool
) -> None:
    """Else the customer would be called twice."""
    ((_, row),) = settle(
        promise(CALL, 3, remedy="call", due_at="2026-12-01T10:00"),
        arranged=[follow_up(channel, TUESDAY - apart)],
    )
    assert (row is None) == backs


def test_reading_it_again_in_other_words_gives_the_same_rows() -> None:
    """An id is of the call, the turn and the place in it, not of what a model makes of it."""
    first = settle(
        promise(CALL, 3, remedy="call", due_at="2026-12-01T10:00"),
        promise(LIST, 3, remedy="message", message="14."),
        promise(LIST, 3, remedy="task"),
    )
    second = settle(
        promise("Fine, I'll send you the price list", 1, remedy="message", message="Fourteen."),
        promise("And we will call you", 3, remedy="task"),
    )
    ids = [row.id for _, row in first if row is not None]
    assert ids == [row.id for _, row in second if row is not None]
    assert ids == [promise_id(CALL_ID, 3, 1), promise_id(CALL_ID, 3, 2)]


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        ("2026-12-01T10:00", TUESDAY),
        ("2026-12-01T10:00:00+01:00", TUESDAY),
        ("2026-12-01T09:00Z", TUESDAY),
        (" 2026-12-01 ", datetime(2026, 11, 30, 23, 0, tzinfo=UTC)),
        ("0001-01-01T00:00", None),
        ("9999-12-31T23:59-14:00", None),
        ("", None),
        (None, None),
    ],
)
def test_times_are_the_business_own(said: str | None, expected: datetime | None) -> None:
    """Without an offset; what cannot be meant is none."""
    assert due_time(said, material(SAID), NOW) == expected
