"""What the ledger learns from Meta's refusals and restrictions."""

from datetime import UTC, datetime, timedelta

import pytest

from controlplane.meta.events import Restriction
from controlplane.meta.graph_errors import GraphRefused
from controlplane.meta.lessons import after_refusal, pause_of, time_in
from shared.call.denial import Denied, Reason

NOW = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
DAY, SECOND = timedelta(days=1), timedelta(seconds=1)


def refusal(
    code: int | None, detail: str | None = None, asked_wait: timedelta | None = None
) -> GraphRefused:
    """Refuse as Graph does."""
    return GraphRefused(http_status=400, meta_code=code, detail=detail, asked_wait=asked_wait)


@pytest.mark.parametrize(
    ("code", "reason", "wait", "withdraws", "person", "line"),
    [
        (4, Reason.RATE_LIMITED, 60 * SECOND, False, False, True),
        (80007, Reason.RATE_LIMITED, 60 * SECOND, False, False, True),
        (130429, Reason.RATE_LIMITED, 5 * SECOND, False, False, True),
        (131056, Reason.RATE_LIMITED, 60 * SECOND, False, True, False),
        (138001, Reason.UNCALLABLE, 30 * DAY, False, True, False),
        (138002, Reason.CONCURRENCY_LIMIT, 30 * SECOND, False, False, True),
        (138003, Reason.LIVE_CALL, 60 * SECOND, False, True, False),
        (138005, Reason.RATE_LIMITED, 60 * SECOND, False, False, True),
        (138006, Reason.NO_PERMISSION, None, True, False, False),
        (138012, Reason.CONNECTED_LIMIT, DAY, False, True, False),
        (138013, Reason.BUSINESS_COUNTRY, DAY, False, False, True),
        (138014, Reason.QUALITY_PAUSED, 7 * DAY, False, False, True),
    ],
)
def test_a_refusal_teaches(
    code: int,
    reason: Reason,
    wait: timedelta | None,
    withdraws: bool,
    person: bool,
    line: bool,
) -> None:
    """Meta's code -> what the ledger learns, and what whoever asked is told."""
    found = after_refusal(refusal(code, "any words"), NOW)
    assert found is not None
    assert found.denied == Denied(reason=reason, retry_at=NOW + wait if wait else None)
    assert (found.withdraws_permission, found.pauses_person, found.pauses_line) == (
        withdraws,
        person,
        line,
    )


@pytest.mark.parametrize("code", [None, 100, 190, 138000, 138007, 999999])
def test_other_refusals_teach_nothing(code: int | None) -> None:
    """A broken token says nothing about the person."""
    assert after_refusal(refusal(code), NOW) is None


@pytest.mark.parametrize("code", [4, 80007, 130429, 131056, 138005])
def test_a_rate_lasts_as_long_as_meta_asks_for(code: int) -> None:
    """Longer or shorter than what is assumed where it does not say."""
    for asked in (SECOND, DAY):
        found = after_refusal(refusal(code, asked_wait=asked), NOW)
        assert found is not None
        assert found.denied == Denied(reason=Reason.RATE_LIMITED, retry_at=NOW + asked)
        assert found.pauses_person is (code == 131056)
        assert found.pauses_line is (code != 131056)


def test_a_pause_that_is_no_rate_does_not_go_by_headers() -> None:
    """A week of low quality is a week, whatever the rate allows."""
    found = after_refusal(refusal(138014, asked_wait=SECOND), NOW)
    assert found is not None
    assert found.denied.retry_at == NOW + 7 * DAY


@pytest.mark.parametrize(
    ("detail", "found"),
    [
        ("Next call allowed at 2026-11-23T18:30:00Z.", datetime(2026, 11, 23, 18, 30, tzinfo=UTC)),
        ("until 2026-11-23 18:30", datetime(2026, 11, 23, 18, 30, tzinfo=UTC)),
        ("allowed after 1795455000", datetime.fromtimestamp(1795455000, UTC)),
        ("call 15551234567 later", None),
        ("at 2026-11-22T18:30:00Z", None),  # the past
        ("at 2027-11-22T18:30:00Z", None),  # no daily limit lasts a year
        ("at 2026-99-99T18:30:00Z", None),
        ("", None),
    ],
)
def test_the_next_allowed_time_is_read_from_metas_words(
    detail: str, found: datetime | None
) -> None:
    """ISO or UNIX seconds, where it makes sense; else 24 hours."""
    assert time_in(detail, NOW) == found
    correction = after_refusal(refusal(138012, detail), NOW)
    assert correction is not None
    assert correction.denied.retry_at == (found or NOW + DAY)


@pytest.mark.parametrize(
    ("what", "until", "pause"),
    [
        ("RESTRICTED_BUSINESS_INITIATED_CALLING", NOW + DAY, NOW + DAY),
        # a quality pause lasts 7 days
        ("RESTRICTED_BUSINESS_INITIATED_CALLING", None, NOW + 7 * DAY),
        # told again, late
        ("RESTRICTED_BUSINESS_INITIATED_CALLING", NOW - DAY, None),
        ("RESTRICTED_USER_INITIATED_CALLING_CALL_BUTTON_HIDDEN", NOW + DAY, None),
    ],
)
def test_a_restriction_pauses_what_it_forbids(
    what: str, until: datetime | None, pause: datetime | None
) -> None:
    """Calls that customers make are not ours to stop."""
    assert pause_of(Restriction(what=what, until=until), NOW) == pause
