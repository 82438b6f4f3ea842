"""May this person be called? The table of every reason, with its boundary times."""

import dataclasses
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from controlplane.core.callee import CallHours
from controlplane.core.consent import CallHistory, LedgerState, Permission
from controlplane.core.policy import (
    NO_OUTBOUND_COUNTRIES,
    TEST_NUMBER_LIMITS,
    Allowed,
    CallRequest,
    Limits,
    decide,
    decide_request,
)
from shared.call.denial import Denied, Reason
from shared.call.ids import CallId, PhoneNumberId
from shared.call.person import Person

NOW = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)  # a Monday, 13:00 in Amsterdam
DAY, SECOND = timedelta(days=1), timedelta(seconds=1)
GRANTED = Permission(granted=True, valid_until=NOW + DAY)
PERMANENT = Permission(granted=True, valid_until=None)
REQUEST = CallRequest(
    phone_number_id=PhoneNumberId("1"),
    business_phone="+31201234567",
    person=Person(phone="31612345678"),
)
TUESDAY_MORNING = datetime(2026, 11, 24, 8, 0, tzinfo=UTC)
ALWAYS = CallHours("always")
PRODUCTION = Limits()
OFFICE = CallHours("Mon-Fri 09:00-18:00")


def verdict(
    *,
    request: CallRequest = REQUEST,
    ledger: LedgerState | None = None,
    hours: CallHours = ALWAYS,
    limits: Limits = PRODUCTION,
    now: datetime = NOW,
    is_spent: bool = False,
    **history: Any,
) -> Allowed | Denied:
    return decide(
        request,
        ledger if ledger is not None else LedgerState(permission=GRANTED),
        CallHistory(**history),
        hours=hours,
        limits=limits,
        now=now,
        is_spent=is_spent,
    )


def from_line(phone: str) -> CallRequest:
    return dataclasses.replace(REQUEST, business_phone=phone)


def to(**person: Any) -> CallRequest:
    return dataclasses.replace(REQUEST, person=Person(**person))


def ledger(**values: Any) -> LedgerState:
    return LedgerState(**{"permission": GRANTED, **values})


DENIALS: list[tuple[Reason, dict[str, Any], datetime | None]] = [
    (Reason.BUSINESS_COUNTRY, {"request": from_line("+12125551234")}, None),
    (Reason.BUSINESS_COUNTRY, {"request": from_line("+14165551234")}, None),
    (Reason.BUSINESS_COUNTRY, {"request": from_line("+201001234567")}, None),
    (Reason.BUSINESS_COUNTRY, {"request": from_line("+84912345678")}, None),
    (Reason.BUSINESS_COUNTRY, {"request": from_line("+2348031234567")}, None),
    (Reason.DO_NOT_CALL, {"ledger": ledger(do_not_call_since=NOW - 999 * DAY)}, None),
    (Reason.NO_PERMISSION, {"ledger": LedgerState()}, None),
    (
        Reason.NO_PERMISSION,
        {"ledger": ledger(permission=Permission(granted=False, valid_until=None))},
        None,
    ),
    (
        Reason.PERMISSION_EXPIRED,
        {"ledger": ledger(permission=Permission(granted=True, valid_until=NOW))},
        None,
    ),
    (Reason.UNANSWERED, {"unanswered_in_a_row": 4}, None),
    (Reason.UNANSWERED, {"unanswered_in_a_row": 9}, None),
    (
        Reason.QUALITY_PAUSED,
        {"ledger": ledger(pause_reason="quality-paused", pause_until=NOW + SECOND)},
        NOW + SECOND,
    ),
    (
        Reason.UNCALLABLE,
        {"ledger": ledger(pause_reason="uncallable", pause_until=NOW + DAY)},
        NOW + DAY,
    ),
    (
        Reason.PROBABLE_STOP,
        {"ledger": ledger(pause_reason="probable-stop", pause_until=NOW + DAY)},
        NOW + DAY,
    ),
    (
        # a reason of a newer release
        Reason.RATE_LIMITED,
        {"ledger": ledger(pause_reason="moon-phase", pause_until=NOW + DAY)},
        NOW + DAY,
    ),
    (
        Reason.CONNECTED_LIMIT,
        {"connected_limit_reached_at": NOW - DAY + SECOND},
        NOW + SECOND,
    ),
    (
        Reason.INITIATION_LIMIT,
        {"initiation_limit_reached_at": NOW - DAY + SECOND},
        NOW + SECOND,
    ),
    (
        # both: the later moment is the one that helps
        Reason.INITIATION_LIMIT,
        {
            "connected_limit_reached_at": NOW - DAY + SECOND,
            "initiation_limit_reached_at": NOW - DAY + 2 * SECOND,
        },
        NOW + 2 * SECOND,
    ),
    (Reason.COST_LIMIT, {"is_spent": True}, datetime(2026, 11, 24, tzinfo=UTC)),
    (
        # the day ends later than what else is in the way
        Reason.COST_LIMIT,
        {"is_spent": True, "connected_limit_reached_at": NOW - DAY + SECOND},
        datetime(2026, 11, 24, tzinfo=UTC),
    ),
    (Reason.LIVE_CALL, {"live_call_id": CallId("x")}, None),
    (Reason.CONCURRENCY_LIMIT, {"concurrent_calls": 1000}, None),
    (
        Reason.OUTSIDE_HOURS,
        {"hours": OFFICE, "now": NOW + timedelta(hours=5)},
        datetime(2026, 11, 24, 8, 0, tzinfo=UTC),
    ),
    (Reason.OUTSIDE_HOURS, {"hours": OFFICE, "request": to(user_id="ZZ.1")}, None),
    # what ends by the clock ends in the middle of their night, or before their weekend
    (Reason.COST_LIMIT, {"is_spent": True, "hours": OFFICE}, TUESDAY_MORNING),
    (
        Reason.CONNECTED_LIMIT,
        {"connected_limit_reached_at": NOW - timedelta(hours=18), "hours": OFFICE},
        TUESDAY_MORNING,
    ),
    (
        Reason.QUALITY_PAUSED,
        {
            "ledger": ledger(pause_reason="quality-paused", pause_until=NOW + 4.5 * DAY),
            "hours": OFFICE,
        },
        datetime(2026, 11, 30, 8, 0, tzinfo=UTC),
    ),
    # nobody knows their clock: no limit's end helps
    (
        Reason.OUTSIDE_HOURS,
        {"is_spent": True, "hours": OFFICE, "request": to(user_id="ZZ.1")},
        None,
    ),
]


@pytest.mark.parametrize(
    ("reason", "given", "retry_at"), DENIALS, ids=lambda value: str(value)[:40]
)
def test_every_reason_denies(
    reason: Reason, given: dict[str, Any], retry_at: datetime | None
) -> None:
    """Reason and next time, to the second."""
    assert verdict(**given) == Denied(reason=reason, retry_at=retry_at)


def test_the_table_knows_every_reason() -> None:
    """A reason added to the policy gets its row here; three belong to permission requests."""
    elsewhere = {
        Reason.REQUEST_LIMIT, Reason.ALREADY_PERMITTED, Reason.TEMPLATE_NEEDED,
        # tests/unit/controlplane/core/test_business_hours.py
        Reason.BUSINESS_CLOSED,
    }  # fmt: skip
    assert {reason for reason, _, _ in DENIALS} == set(Reason) - elsewhere


@pytest.mark.parametrize(
    "given",
    [
        {},
        {"ledger": ledger(permission=PERMANENT)},
        {"ledger": ledger(permission=Permission(granted=True, valid_until=NOW + SECOND))},
        {"request": from_line("+15550100399")},  # a test number is nowhere: Meta tells
        {"request": dataclasses.replace(REQUEST, business_phone=None)},
        {"request": to(phone="12125551234")},  # the person called may be anywhere
        {"request": to(phone="15551234567")},
        {"request": to(user_id="US.1349")},
        {"ledger": ledger(pause_reason="quality-paused", pause_until=NOW)},
        {"connected_limit_reached_at": NOW - DAY},
        {"initiation_limit_reached_at": NOW - DAY},
        {"concurrent_calls": 999},
        {"unanswered_in_a_row": 1},
        {"hours": OFFICE},
        {"hours": OFFICE, "now": NOW + timedelta(hours=5) - SECOND},
    ],
    ids=lambda value: str(value)[:40],
)
def test_just_within_each_limit_is_allowed(given: dict[str, Any]) -> None:
    """The other side of every boundary."""
    assert verdict(**given) == Allowed()


@pytest.mark.parametrize(("unanswered", "left"), [(2, 2), (3, 1)])
def test_unanswered_calls_are_warned_of(unanswered: int, left: int) -> None:
    """At 2 in a row the person is nudged by Meta, at 4 the permission is gone."""
    found = verdict(unanswered_in_a_row=unanswered)
    assert isinstance(found, Allowed)
    (warning,) = found.warnings
    assert f"after {left} more" in warning


def test_do_not_call_outweighs_everything_a_person_can_grant() -> None:
    """A permanent permission does not help."""
    state = ledger(permission=PERMANENT, do_not_call_since=NOW)
    assert verdict(ledger=state) == Denied(reason=Reason.DO_NOT_CALL)


def test_the_countries_are_metas() -> None:
    """Business-initiated calling, availability."""
    assert {"US", "CA", "EG", "VN", "NG"} == NO_OUTBOUND_COUNTRIES


# --- asking for permission ---


def asked(
    *ago: timedelta,
    request: CallRequest = REQUEST,
    state: LedgerState | None = None,
    limits: Limits = PRODUCTION,
    **history: Any,
) -> Allowed | Denied:
    times = tuple(NOW - one for one in ago)
    return decide_request(
        request,
        state if state is not None else LedgerState(),
        CallHistory(requested_at=times, **history),
        limits=limits,
        now=NOW,
    )


def test_one_request_a_day_two_a_week() -> None:
    """The next one may be sent when both periods have passed, to the second."""

    def limited(retry_at: datetime) -> Denied:
        return Denied(reason=Reason.REQUEST_LIMIT, retry_at=retry_at)

    assert asked() == Allowed()
    assert asked(DAY - SECOND) == limited(NOW + SECOND)
    assert asked(DAY) == Allowed()
    assert asked(2 * DAY, 7 * DAY - SECOND) == limited(NOW + SECOND)
    assert asked(2 * DAY, 7 * DAY) == Allowed()
    # both at once: the later of the two counts
    assert asked(SECOND, 6 * DAY) == limited(NOW + DAY)
    assert asked(SECOND, 2 * DAY) == limited(NOW + 5 * DAY)


def test_test_numbers_have_limits_of_their_own() -> None:
    """25 requests a day and 100 a week; a warning at 5 calls unanswered, the end at 10."""
    hourly = [timedelta(minutes=40 * n) for n in range(25)]
    assert asked(*hourly[1:], limits=TEST_NUMBER_LIMITS) == Allowed()
    full = asked(*hourly, limits=TEST_NUMBER_LIMITS)
    assert full == Denied(reason=Reason.REQUEST_LIMIT, retry_at=NOW + DAY - hourly[-1])
    assert verdict(unanswered_in_a_row=4, limits=TEST_NUMBER_LIMITS) == Allowed()
    warned = verdict(unanswered_in_a_row=9, limits=TEST_NUMBER_LIMITS)
    assert isinstance(warned, Allowed)
    assert "after 1 more" in warned.warnings[0]
    ended = verdict(unanswered_in_a_row=10, limits=TEST_NUMBER_LIMITS)
    assert ended == Denied(reason=Reason.UNANSWERED)


def test_who_is_not_to_be_asked() -> None:
    """Whoever said no to calls for good, or yes for good."""
    assert asked(state=LedgerState(do_not_call_since=NOW)) == Denied(reason=Reason.DO_NOT_CALL)
    permanent = LedgerState(permission=PERMANENT)
    assert asked(state=permanent) == Denied(reason=Reason.ALREADY_PERMITTED)
    assert asked(state=permanent, unanswered_in_a_row=4) == Allowed()
    # a temporary permission may be asked to become a longer one
    assert asked(state=LedgerState(permission=GRANTED)) == Allowed()


@pytest.mark.parametrize(
    ("reason", "is_held"),
    [
        ("rate-limited", True),
        ("probable-stop", True),
        ("quality-paused", False),
        ("concurrency-limit", False),
    ],
)
def test_a_rate_and_a_probable_stop_hold_requests_too(reason: str, is_held: bool) -> None:
    """They count against the same rate, and who may have said STOP is left alone; else one asks."""
    until = NOW + SECOND
    paused = asked(state=LedgerState(pause_reason=reason, pause_until=until))
    limited = Denied(reason=Reason(reason), retry_at=until)
    assert paused == (limited if is_held else Allowed())
    assert asked(state=LedgerState(pause_reason=reason, pause_until=NOW)) == Allowed()


def test_a_line_that_cannot_call_does_not_ask_either() -> None:
    """A permission would be of no use to it."""
    american = dataclasses.replace(REQUEST, business_phone="+12125550123")
    assert asked(request=american) == Denied(reason=Reason.BUSINESS_COUNTRY)
