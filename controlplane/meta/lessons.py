"""What Meta's refusals and restrictions teach the ledger, and for how long. Pure."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from controlplane.meta.events import Restriction
from shared.call.denial import Denied, Reason

_DAY = timedelta(hours=24)
_WEEK = timedelta(days=7)


@dataclass(frozen=True, slots=True, kw_only=True)
class Correction:
    """What a refusal of Graph's teaches."""

    denied: Denied
    withdraws_permission: bool = False
    """The ledger believed in a permission that Meta does not know."""
    pauses_person: bool = False
    """Until `denied.retry_at`."""
    pauses_line: bool = False
    """Until `denied.retry_at`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Lesson:
    reason: Reason
    wait: timedelta
    person: bool = False
    line: bool = False


# Meta, troubleshooting: code -> what it means for the next attempt. Where Meta says no time, the
# wait is ours: long enough to do no harm, short enough that a repaired setting is noticed.
_LESSONS: Mapping[int, _Lesson] = {
    138001: _Lesson(reason=Reason.UNCALLABLE, wait=timedelta(days=30), person=True),
    138002: _Lesson(reason=Reason.CONCURRENCY_LIMIT, wait=timedelta(seconds=30), line=True),
    138003: _Lesson(reason=Reason.LIVE_CALL, wait=timedelta(seconds=60), person=True),
    138005: _Lesson(reason=Reason.RATE_LIMITED, wait=timedelta(seconds=60), line=True),
    138012: _Lesson(reason=Reason.CONNECTED_LIMIT, wait=_DAY, person=True),
    138013: _Lesson(reason=Reason.BUSINESS_COUNTRY, wait=_DAY, line=True),
    # a quality pause lasts 7 days (Meta: account_update webhook)
    138014: _Lesson(reason=Reason.QUALITY_PAUSED, wait=_WEEK, line=True),
}
_NO_PERMISSION = 138006


def after_refusal(meta_code: int | None, detail: str | None, now: datetime) -> Correction | None:
    """Say what the ledger learns from Graph's refusal of a call; `None`: nothing for the policy."""
    if meta_code == _NO_PERMISSION:
        return Correction(denied=Denied(reason=Reason.NO_PERMISSION), withdraws_permission=True)
    lesson = _LESSONS.get(meta_code) if meta_code is not None else None
    if lesson is None:
        return None
    until = now + lesson.wait
    if lesson.reason is Reason.CONNECTED_LIMIT:
        until = time_in(detail or "", now) or until
    return Correction(
        denied=Denied(reason=lesson.reason, retry_at=until),
        pauses_person=lesson.person,
        pauses_line=lesson.line,
    )


def pause_of(restriction: Restriction, now: datetime) -> datetime | None:
    """Say until when a restriction of the account forbids to place calls; `None` if it does not.

    Quality pauses last 7 days, should Meta not say (Meta: account_update webhook).
    """
    if restriction.what != "RESTRICTED_BUSINESS_INITIATED_CALLING":
        return None
    until = restriction.until or now + _WEEK
    return until if until > now else None


def time_in(detail: str, now: datetime) -> datetime | None:
    """Find the next allowed time in Meta's words: UNIX seconds or ISO 8601, within two days.

    Meta says that the details of 138012 carry it, and not how it is written.
    """
    found: list[datetime] = []
    for digits in re.findall(r"(?<!\d)\d{10}(?!\d)", detail):
        found.append(datetime.fromtimestamp(int(digits), UTC))
    for text in re.findall(
        r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d(?::\d\d)?(?:\.\d+)?(?:Z|[+-]\d\d:?\d\d)?", detail
    ):
        try:
            moment = datetime.fromisoformat(text)
        except ValueError:
            continue
        found.append(moment if moment.tzinfo is not None else moment.replace(tzinfo=UTC))
    return next((at for at in found if now < at <= now + 2 * _DAY), None)
