"""One user's permission to be called: granted, limited, expired, withdrawn. Pure.

Source: Meta, "User call permissions" and "Business-initiated calls". All times are UNIX seconds;
nothing here reads a clock.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

DAY_S = 86_400.0
WEEK_S = 7 * DAY_S


class Grant(StrEnum):
    """What the user allows, in Graph's words."""

    NONE = "no_permission"
    TEMPORARY = "temporary"
    PERMANENT = "permanent"


@dataclass(frozen=True, slots=True, kw_only=True)
class PermissionPolicy:
    """Meta's limits per user; the defaults are those of production."""

    temporary_s: float = WEEK_S
    """A temporary permission lasts 7 x 24 h and is not extended by chatting."""
    requests_per_day: int = 1
    requests_per_week: int = 2
    request_open_s: float = WEEK_S
    """A request can be answered for 7 days after its delivery or the last decision."""
    connected_per_day: int = 100
    nudge_after: int = 2
    """Unanswered calls in a row after which the user is asked whether to go on."""
    revoke_after: int = 4
    """Unanswered calls in a row after which the permission is gone."""
    callback: bool = True
    """The number's setting `callback_permission_status`."""
    revoke_webhook: bool = False
    """Whether a user's own withdrawal in the business's profile is told; not documented."""


class RequestDenial(StrEnum):
    """Why a permission request is not sent."""

    LIMIT = "limit"
    PERMANENT = "permanent"


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """One `call_permission_reply`, as its webhook tells it."""

    accepted: bool
    automatic: bool = False
    is_permanent: bool = False
    expires_at: float | None = None
    context_id: str | None = field(default=None, repr=False)
    """The request's wamid, or the call's wacid of a callback permission."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Missed:
    """What an unanswered call leads to."""

    nudged: bool = False
    revoked: Reply | None = None


class Permission:
    """The state between one user and one business number."""

    def __init__(self, policy: PermissionPolicy | None = None) -> None:
        self.policy = policy or PermissionPolicy()
        self.unanswered = 0
        """Unanswered or rejected business calls in a row."""
        self._grant = Grant.NONE
        self._expires_at: float | None = None
        self._requests: list[float] = []
        self._connected: list[float] = []
        # wamid -> until when it can be answered, oldest first
        self._open: dict[str, float] = {}

    # --- what holds now ---

    def grant(self, now: float) -> Grant:
        """Return what the user allows; a temporary permission expires without a word."""
        if self._expires_at is not None and now >= self._expires_at:
            self._grant, self._expires_at = Grant.NONE, None
        return self._grant

    def expires_at(self, now: float) -> float | None:
        """Return when a temporary permission runs out."""
        return self._expires_at if self.grant(now) is Grant.TEMPORARY else None

    def next_call_at(self, now: float) -> float | None:
        """Return when the limit of connected calls lets the next one through; None: now."""
        return _free_at(self._connected, DAY_S, self.policy.connected_per_day, now)

    def open_requests(self, now: float) -> list[str]:
        """Return the requests (wamids) that the user can still answer, oldest first."""
        return [wamid for wamid, until in self._open.items() if now < until]

    def view(self, now: float) -> dict[str, Any]:
        """Build the body of `GET call_permissions`."""
        grant, policy = self.grant(now), self.policy
        permission: dict[str, Any] = {"status": grant.value}
        if (expires_at := self.expires_at(now)) is not None:
            permission["expiration_time"] = int(expires_at)
        return {
            "messaging_product": "whatsapp",
            "permission": permission,
            "actions": [
                {
                    "action_name": "send_call_permission_request",
                    "can_perform_action": self.may_request(now) is None,
                    "limits": [
                        _limit("PT24H", self._requests, DAY_S, policy.requests_per_day, now),
                        _limit("P7D", self._requests, WEEK_S, policy.requests_per_week, now),
                    ],
                },
                {
                    "action_name": "start_call",
                    "can_perform_action": grant is not Grant.NONE
                    and self.next_call_at(now) is None,
                    "limits": [
                        _limit("PT24H", self._connected, DAY_S, policy.connected_per_day, now)
                    ],
                },
            ],
        }

    # --- requests and replies ---

    def may_request(self, now: float) -> RequestDenial | None:
        """Tell why no request may be sent now."""
        if self.grant(now) is Grant.PERMANENT:
            return RequestDenial.PERMANENT
        limits = ((DAY_S, self.policy.requests_per_day), (WEEK_S, self.policy.requests_per_week))
        if any(_free_at(self._requests, period, most, now) for period, most in limits):
            return RequestDenial.LIMIT
        return None

    def request(self, wamid: str, now: float) -> RequestDenial | None:
        """Deliver a permission request, or tell why not."""
        if (denial := self.may_request(now)) is None:
            self._requests.append(now)
            self._open[wamid] = now + self.policy.request_open_s
        return denial

    def reply(
        self, *, accept: bool, permanent: bool, now: float, request_id: str | None = None
    ) -> Reply:
        """Let the user decide about a request; the newest open one if none is named.

        Raises:
            ValueError: there is no such open request.
        """
        still_open = self.open_requests(now)
        wamid = request_id or (still_open[-1] if still_open else None)
        if wamid not in still_open:
            raise ValueError("this permission request is not open; send a request first")
        # an older request is void once a newer one is used
        self._open = {wamid: now + self.policy.request_open_s} | {
            newer: self._open[newer] for newer in still_open[still_open.index(wamid) + 1 :]
        }
        if not accept:
            self._withdraw()
            return Reply(accepted=False, context_id=wamid)
        return self._accept(permanent=permanent, automatic=False, context_id=wamid, now=now)

    def user_called(self, wacid: str, now: float) -> Reply | None:
        """Grant the automatic callback permission, if the setting is on and none holds."""
        if not self.policy.callback or self.grant(now) is not Grant.NONE:
            return None
        return self._accept(permanent=False, automatic=True, context_id=wacid, now=now)

    def grant_in_profile(self, now: float) -> Reply:
        """Let the user switch calls on in the business's profile: permanent, no context."""
        return self._accept(permanent=True, automatic=False, context_id=None, now=now)

    def allow(self, now: float, *, permanent: bool) -> None:
        """Set the permission, as if it had been granted before."""
        self._accept(permanent=permanent, automatic=False, context_id=None, now=now)

    def revoke_in_profile(self) -> Reply | None:
        """Let the user switch calls off in the business's profile."""
        self._withdraw()
        return Reply(accepted=False) if self.policy.revoke_webhook else None

    # --- calls ---

    def connected(self, now: float, *, by_business: bool) -> None:
        """Count a call that was answered; in either direction it resets the request limits."""
        self._requests.clear()
        if by_business:
            self._connected.append(now)
            self.unanswered = 0

    def missed(self, now: float) -> Missed:
        """Count a business call that rang and was rejected or not answered."""
        self.unanswered += 1
        if self.unanswered >= self.policy.revoke_after and self.grant(now) is not Grant.NONE:
            self._withdraw()
            return Missed(revoked=Reply(accepted=False, automatic=True))
        return Missed(nudged=self.unanswered == self.policy.nudge_after)

    # --- inside ---

    def _accept(
        self, *, permanent: bool, automatic: bool, context_id: str | None, now: float
    ) -> Reply:
        self._grant = Grant.PERMANENT if permanent else Grant.TEMPORARY
        self._expires_at = None if permanent else now + self.policy.temporary_s
        self.unanswered = 0
        return Reply(
            accepted=True,
            automatic=automatic,
            is_permanent=permanent,
            expires_at=self._expires_at,
            context_id=context_id,
        )

    def _withdraw(self) -> None:
        self._grant, self._expires_at, self.unanswered = Grant.NONE, None, 0


def _within(times: Sequence[float], period_s: float, now: float) -> list[float]:
    return [at for at in times if now - at < period_s]


def _free_at(times: Sequence[float], period_s: float, most: int, now: float) -> float | None:
    used = _within(times, period_s, now)
    return used[-most] + period_s if len(used) >= most else None


def _limit(
    name: str, times: Sequence[float], period_s: float, most: int, now: float
) -> dict[str, Any]:
    limit: dict[str, Any] = {
        "time_period": name,
        "max_allowed": most,
        "current_usage": len(_within(times, period_s, now)),
    }
    if (free_at := _free_at(times, period_s, most, now)) is not None:
        limit["limit_expiration_time"] = int(free_at)
    return limit
