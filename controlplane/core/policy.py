"""May this person be called now? One pure function over what is known; the clock is an argument.

The rules are Meta's (user call permissions; business-initiated calls; troubleshooting), the
law's (do-not-call, hours) and the operator's. What Meta refuses all the same teaches the ledger
something: `controlplane.meta.lessons`.
"""

from dataclasses import dataclass, field
from datetime import datetime, timedelta

from controlplane.core.business_hours import ALWAYS_OPEN, BusinessHours, next_call
from controlplane.core.callee import CallHours, country_of, zones_of
from controlplane.core.consent import CallHistory, LedgerState
from controlplane.core.spending import next_day
from shared.call.denial import Denied, Reason
from shared.call.ids import PhoneNumberId
from shared.call.person import Person

_DAY = timedelta(hours=24)
_WEEK = timedelta(days=7)

NO_OUTBOUND_COUNTRIES = frozenset({"US", "CA", "EG", "VN", "NG"})
"""Business numbers of these cannot place calls; the person called may be anywhere."""

REJECTIONS_TO_DO_NOT_CALL = 2
"""Whoever rejects so many calls or permission requests in a row is not called any more."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """Meta's limits, by default those of production."""

    connected_per_day: int = 100
    unanswered_warning: int = 2
    unanswered_in_a_row: int = 4
    initiations_per_day: int = 10_000
    concurrent_calls: int = 1_000
    requests_per_day: int = 1
    requests_per_week: int = 2


TEST_NUMBER_LIMITS = Limits(
    unanswered_warning=5, unanswered_in_a_row=10, requests_per_day=25, requests_per_week=100
)
"""Of test numbers and sandbox accounts (Meta: calling sandbox)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CallRequest:
    """Who wants to call whom."""

    phone_number_id: PhoneNumberId
    business_phone: str | None = field(default=None, repr=False)
    """The line's own number; None: unknown, then Meta tells."""
    person: Person


@dataclass(frozen=True, slots=True, kw_only=True)
class Allowed:
    """Go ahead."""

    warnings: tuple[str, ...] = ()


def decide(
    request: CallRequest,
    ledger: LedgerState,
    history: CallHistory,
    *,
    hours: CallHours,
    limits: Limits,
    now: datetime,
    business: BusinessHours = ALWAYS_OPEN,
    is_spent: bool = False,
) -> Allowed | Denied:
    """Decide whether a call may be placed now; `is_spent`: the day's calls have cost enough.

    First what no time changes, then what a person or Meta has to change, then what the clock
    changes: whoever gets a `retry_at` meets no other obstacle that is known today.
    """
    permission = ledger.permission
    denied = _check_line(request)
    if denied is not None:
        return denied
    if ledger.do_not_call_since is not None:
        return Denied(reason=Reason.DO_NOT_CALL)
    if permission is None or not permission.granted:
        return Denied(reason=Reason.NO_PERMISSION)
    if not permission.holds(now):
        return Denied(reason=Reason.PERMISSION_EXPIRED)
    if history.unanswered_in_a_row >= limits.unanswered_in_a_row:
        return Denied(reason=Reason.UNANSWERED)
    zones = zones_of(request.person)
    opens = next_call(hours, zones, business, now)
    denied = _check_pause(ledger, now) or _check_limits(history, limits, now, is_spent)
    # who is never within the hours is told that, for no limit's end helps them
    if denied is not None and opens is not None:
        if denied.retry_at is None:
            return denied
        # a limit may end in the middle of their night
        again = next_call(hours, zones, business, denied.retry_at)
        return Denied(reason=denied.reason, retry_at=again)
    if opens != now:
        sleeps = hours.next_open(zones, now) != now
        reason = Reason.OUTSIDE_HOURS if sleeps else Reason.BUSINESS_CLOSED
        return Denied(reason=reason, retry_at=opens)
    if history.unanswered_in_a_row >= limits.unanswered_warning:
        left = limits.unanswered_in_a_row - history.unanswered_in_a_row
        return Allowed(
            warnings=(
                f"The last {history.unanswered_in_a_row} calls were not answered; after {left} "
                "more Meta takes the permission away.",
            )
        )
    return Allowed()


def decide_request(
    request: CallRequest,
    ledger: LedgerState,
    history: CallHistory,
    *,
    limits: Limits,
    now: datetime,
) -> Allowed | Denied:
    """Decide whether the person may be asked for the permission to be called.

    In production 1 a day and 2 a week for each person, forgotten with any connected call (Meta:
    user call permissions). Who asked not to be called is not asked for permission either.
    """
    denied = _check_line(request)
    if denied is not None:
        return denied
    if ledger.do_not_call_since is not None:
        return Denied(reason=Reason.DO_NOT_CALL)
    if (
        ledger.permission is not None
        and ledger.permission.granted
        and ledger.permission.valid_until is None
        and history.unanswered_in_a_row < limits.unanswered_in_a_row
    ):
        return Denied(reason=Reason.ALREADY_PERMITTED)
    paused = _check_pause(ledger, now)
    if paused is not None and paused.reason in (Reason.RATE_LIMITED, Reason.PROBABLE_STOP):
        # whatever is sent counts against the same rate, and who may have said STOP is not asked
        # either; other pauses are about calls
        return paused
    again = [
        asked[allowed - 1] + period
        for period, allowed in ((_DAY, limits.requests_per_day), (_WEEK, limits.requests_per_week))
        if len(asked := [at for at in history.requested_at if now - at < period]) >= allowed
    ]
    if again:
        return Denied(reason=Reason.REQUEST_LIMIT, retry_at=max(again))
    return Allowed()


def _check_line(request: CallRequest) -> Denied | None:
    country = country_of(request.business_phone) if request.business_phone else None
    if country in NO_OUTBOUND_COUNTRIES:
        return Denied(reason=Reason.BUSINESS_COUNTRY)
    return None


def _check_pause(ledger: LedgerState, now: datetime) -> Denied | None:
    if ledger.pause_reason is None or ledger.pause_until is None or now >= ledger.pause_until:
        return None
    try:
        reason = Reason(ledger.pause_reason)
    except ValueError:
        # written by a newer release
        reason = Reason.RATE_LIMITED
    return Denied(reason=reason, retry_at=ledger.pause_until)


def _check_limits(
    history: CallHistory, limits: Limits, now: datetime, is_spent: bool
) -> Denied | None:
    """What the clock sets right; the latest of the moments counts."""
    found: list[Denied] = []
    if is_spent:
        found.append(Denied(reason=Reason.COST_LIMIT, retry_at=next_day(now)))
    for reason, reached_at in (
        (Reason.CONNECTED_LIMIT, history.connected_limit_reached_at),
        (Reason.INITIATION_LIMIT, history.initiation_limit_reached_at),
    ):
        if reached_at is not None and now - reached_at < _DAY:
            found.append(Denied(reason=reason, retry_at=reached_at + _DAY))
    if found:
        return max(found, key=lambda denied: denied.retry_at or now)
    if history.live_call_id is not None:
        return Denied(reason=Reason.LIVE_CALL)
    if history.concurrent_calls >= limits.concurrent_calls:
        return Denied(reason=Reason.CONCURRENCY_LIMIT)
    return None
