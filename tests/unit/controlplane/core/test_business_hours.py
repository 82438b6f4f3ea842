"""When a business may call somebody: its clock and theirs together."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from controlplane.core.business_hours import ALWAYS_OPEN, BusinessHours, next_call
from controlplane.core.callee import CallHours
from controlplane.core.consent import CallHistory, LedgerState, Permission
from controlplane.core.policy import CallRequest, Limits, decide
from shared.call.denial import Denied, Reason
from shared.call.ids import PhoneNumberId
from shared.call.person import Person

NEW_YORK, MADRID = ZoneInfo("America/New_York"), ZoneInfo("Europe/Madrid")


class Daily:
    """Open on every day between two hours; never, if they are the same."""

    def __init__(self, opens: int, closes: int) -> None:
        self._opens, self._closes = opens, closes

    def is_open(self, local: datetime) -> bool:
        return self._opens <= local.hour < self._closes

    def opens_at(self, local: datetime) -> datetime | None:
        if self._opens == self._closes:
            return None
        opens = local.replace(hour=self._opens, minute=0, second=0, microsecond=0)
        return opens if opens > local else opens + timedelta(days=1)


def at(hour: int, day: int = 2) -> datetime:
    """A moment in March, before anybody's clock is changed."""
    return datetime(2026, 3, day, hour, tzinfo=UTC)


OFFICE = BusinessHours(hours=Daily(9, 17), zone=MADRID)
# Madrid is an hour ahead of UTC then, New York five behind
EVENINGS = CallHours("Mon-Sun 09:00-21:00")


@pytest.mark.parametrize(
    ("now", "business", "opens"),
    [
        (at(15), OFFICE, at(15)),
        (at(9), OFFICE, at(14)),
        (at(17), OFFICE, at(14, 3)),
        (at(3), OFFICE, at(14)),
        (at(3), ALWAYS_OPEN, at(14)),
        (at(12), BusinessHours(hours=Daily(0, 0), zone=MADRID), None),
        # nine to ten in Madrid is before six in New York: they never meet
        (at(12), BusinessHours(hours=Daily(9, 10), zone=MADRID), None),
    ],
    ids=["both", "they sleep", "we are closed", "neither", "always open", "never", "no hour alike"],
)
def test_a_call_waits_for_both_clocks(
    now: datetime, business: BusinessHours, opens: datetime | None
) -> None:
    """The later opening counts, as long as the other one is still open then."""
    assert next_call(EVENINGS, [NEW_YORK], business, now) == opens


def test_whose_clock_nobody_knows_is_not_called() -> None:
    """Unless anybody may be called at any time."""
    assert next_call(EVENINGS, [], OFFICE, at(15)) is None
    assert next_call(CallHours("always"), [], OFFICE, at(15)) == at(15)


@pytest.mark.parametrize(
    ("now", "reason"), [(at(9), Reason.OUTSIDE_HOURS), (at(17), Reason.BUSINESS_CLOSED)]
)
def test_the_policy_says_whose_hours_they_are(now: datetime, reason: Reason) -> None:
    """CALL_HOURS are the person's, those of a profile the business's."""
    verdict = decide(
        CallRequest(phone_number_id=PhoneNumberId("1"), person=Person(phone="12125550123")),
        LedgerState(permission=Permission(granted=True, valid_until=None)),
        CallHistory(),
        hours=EVENINGS,
        business=OFFICE,
        limits=Limits(),
        now=now,
    )
    assert isinstance(verdict, Denied)
    assert verdict.reason is reason
    assert verdict.retry_at is not None
