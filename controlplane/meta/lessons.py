"""What Meta's refusals and restrictions teach the ledger, and for how long. Pure."""

import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from controlplane.meta.call_codes import NO_CALL_PERMISSION
from controlplane.meta.codes import Scope
from controlplane.meta.events import Restriction
from controlplane.meta.graph_errors import GraphRefused
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


def after_refusal(error: GraphRefused, now: datetime) -> Correction | None:
    """Say what the ledger learns from Graph's refusal; `None`: nothing for the policy.

    Who is asked to slow down waits as long as Meta asks for, else as long as the table says.
    """
    if error.known is NO_CALL_PERMISSION:
        return Correction(denied=Denied(reason=Reason.NO_PERMISSION), withdraws_permission=True)
    pause = error.known.pause
    if pause is None:
        return None
    until = now + pause.wait
    if pause.is_rate and error.asked_wait is not None:
        until = now + error.asked_wait
    elif pause.reason is Reason.CONNECTED_LIMIT:
        until = time_in(error.detail or "", now) or until
    return Correction(
        denied=Denied(reason=pause.reason, retry_at=until),
        pauses_person=pause.scope is Scope.PERSON,
        pauses_line=pause.scope is Scope.LINE,
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
