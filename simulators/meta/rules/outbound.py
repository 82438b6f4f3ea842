"""The Graph API's refusals for business-initiated calls and their permissions. Pure.

State in, refusal out. Codes and texts: Meta, calling error codes; business-initiated calls; user
call permissions.
"""

from collections.abc import Mapping, Sequence, Set
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from simulators.meta.people.permissions import DAY_S, Grant, PermissionPolicy, RequestDenial
from simulators.meta.people.person import Person
from simulators.meta.rules.graph import Refusal
from simulators.meta.rules.offer import OfferPolicy, offer_problems

BARRED_COUNTRY_CODES = ("1", "20", "84", "234")
"""Meta: no business-initiated calls for business numbers of the US, Canada, Egypt, Vietnam and
Nigeria. +1 stands for all of its countries here."""


@dataclass(frozen=True, slots=True, kw_only=True)
class OutboundPolicy:
    """The number's standing and Meta's limits; the defaults are those of production."""

    permission: PermissionPolicy = field(default_factory=PermissionPolicy)
    offer: OfferPolicy = field(default_factory=OfferPolicy)
    barred_country_codes: Sequence[str] = BARRED_COUNTRY_CODES
    calling_enabled: bool = True
    sip_mode: bool = False
    paused: bool = False
    """Business-initiated calls are paused for low quality."""
    initiations_per_day: int = 10_000
    initiations_per_s: int = 100
    """Meta documents no number for the rate behind 138005."""
    concurrent: int = 1_000
    queries_per_s: int = 5
    """Of `call_permissions`; one page says 5, another 100."""
    allowed_recipients: Set[str] | None = None
    """A test number's list of phone numbers; None: not a test number."""
    permission_templates: Set[str] = frozenset({"call_permission"})
    """Approved templates with the component `call_permission_request`."""
    templates: Set[str] = frozenset()
    """Approved templates of other kinds."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Load:
    """How much the number calls."""

    live: int
    """Business-initiated and user-initiated calls going on."""
    initiated_at: Sequence[float]
    """When calls were begun, UNIX seconds."""


def check_number(display_phone_number: str, policy: OutboundPolicy) -> Refusal | None:
    """Refuse a business number that may not call."""
    if policy.sip_mode:
        return _refusal(131055, "Graph API calls are not allowed: SIP is enabled for this number")
    if not policy.calling_enabled:
        return _refusal(138000, "Calling is not enabled for this phone number", status=401)
    if display_phone_number.startswith(tuple(policy.barred_country_codes)):
        return _refusal(
            138013, "Business initiated calling is not available for this phone number's country"
        )
    if policy.paused:
        return _refusal(
            138014, "Business initiated calling is paused for 7 days because of its low quality"
        )
    return None


def check_offer(sdp: str, policy: OfferPolicy) -> Refusal | None:
    """Refuse an SDP that breaks one of Meta's rules."""
    for problem in offer_problems(sdp, policy):
        return Refusal(
            status=400,
            code=138008,
            message="(#138008) SDP Validation error",
            details=problem.what,
            rule=problem.rule,
        )
    return None


def check_recipient(person: Person | None, to: str, policy: OutboundPolicy) -> Refusal | None:
    """Refuse a person who cannot be called."""
    allowed = policy.allowed_recipients
    if allowed is not None and (person.phone if person else to) not in allowed:
        return _refusal(131030, "Recipient phone number not in allowed list")
    if person is None or not person.callable:
        return _refusal(
            138001, "The receiver cannot be called: no WhatsApp, old terms or an old client"
        )
    return None


def check_limits(load: Load, policy: OutboundPolicy, now: float) -> Refusal | None:
    """Refuse what is too much at once."""
    if load.live >= policy.concurrent:
        return _refusal(
            138002, f"The limit of {policy.concurrent} concurrent calls is reached", status=429
        )
    for period_s, most in ((1.0, policy.initiations_per_s), (DAY_S, policy.initiations_per_day)):
        if sum(now - at < period_s for at in load.initiated_at) >= most:
            return _refusal(
                138005, f"The limit of {most} calls in {period_s:.0f} s is reached", status=429
            )
    return None


def check_call(person: Person, *, is_on_call: bool, now: float) -> Refusal | None:
    """Refuse a call to somebody who talks with the business or does not allow it."""
    if is_on_call:
        return _refusal(138003, "There is a call with this user already", is_race=True)
    if person.permission.grant(now) is Grant.NONE:
        return _refusal(138006, "No approved call permission from the recipient", status=401)
    if (next_at := person.permission.next_call_at(now)) is not None:
        moment = datetime.fromtimestamp(next_at, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
        most = person.permission.policy.connected_per_day
        return _refusal(
            138012,
            f"{most} calls with this user were connected in 24 hours. "
            f"Next call allowed at {moment} ({int(next_at)})",
        )
    return None


def check_queries(
    queried_at: Sequence[float], policy: OutboundPolicy, now: float
) -> Refusal | None:
    """Refuse too many reads of `call_permissions`."""
    if sum(now - at < 1.0 for at in queried_at) < policy.queries_per_s:
        return None
    return Refusal(
        status=429,
        code=613,
        message="(#613) Calls to this api have exceeded the rate limit.",
        details=f"More than {policy.queries_per_s} requests in a second",
        rule="Meta, calling reference: call_permissions rate limit",
    )


def denied_request(denial: RequestDenial) -> Refusal:
    """Say why a permission request is not sent."""
    if denial is RequestDenial.PERMANENT:
        return _refusal(138017, "The user has granted a permanent call permission already")
    return _refusal(138009, "The limit of call permission requests to this user is reached")


def addressed(fields: Mapping[str, Any]) -> str:
    """Return whom `to` and `recipient` mean: digits, or a user id; `to` wins if both are there."""
    to = fields.get("to")
    if isinstance(to, str) and to:
        return "".join(filter(str.isdigit, to))
    return str(fields.get("recipient", ""))


def _refusal(code: int, details: str, *, status: int = 400, is_race: bool = False) -> Refusal:
    return Refusal(
        status=status,
        code=code,
        message=f"(#{code}) {details}",
        details=details,
        rule=f"Meta, calling error codes: {code}",
        is_race=is_race,
    )
