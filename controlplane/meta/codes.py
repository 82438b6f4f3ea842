"""What is to be known of one of Meta's error codes; the codes themselves: `code_table`. Pure."""

from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum

from shared.call.denial import Reason

DAY_S = 24 * 3600


class Side(StrEnum):
    """Who has to act before the same request can succeed."""

    OURS = "wacall"
    """This program sent what it should not have sent."""
    OPERATOR = "operator"
    """Account, number, token, template or settings."""
    PERSON = "person"
    """Whoever was to be called or written to."""
    META = "meta"
    """Meta, or time alone."""


class Scope(StrEnum):
    """Whom a refusal keeps from being called."""

    PERSON = "person"
    LINE = "line"


@dataclass(frozen=True, slots=True, kw_only=True)
class Pause:
    """What the ledger learns from a refusal: no call before this time is over."""

    reason: Reason
    wait: timedelta
    """Where Meta says no time: ours, long enough to do no harm, short enough that a repaired
    setting is noticed."""
    scope: Scope
    is_rate: bool = False
    """Meta asks to slow down, and may say how long."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MetaCode:
    """One meaning, whatever the numbers that Meta has for it."""

    name: str
    """Kebab-case; with `graph-` before it the `code` of our error, and a metric's label."""
    side: Side
    advice: str
    """What it means and what to do about it, in a sentence."""
    numbers: tuple[int, ...] = ()
    is_retryable: bool = False
    """Whether the same request may succeed a moment later."""
    stops_line: bool = False
    """Nothing, or no call at all, works on this number until its operator has acted."""
    ends_call: bool = False
    """Meta tells it of a call that is over."""
    pause: Pause | None = None
    """None: it says nothing about the next call."""

    @property
    def slug(self) -> str:
        """The `code` of our own error."""
        return f"graph-{self.name}"


def slow_down(seconds: int, scope: Scope = Scope.LINE) -> Pause:
    """Wait, for Meta has been asked too often; this long, should it not say how long."""
    return Pause(
        reason=Reason.RATE_LIMITED,
        wait=timedelta(seconds=seconds),
        scope=scope,
        is_rate=True,
    )


def hold(reason: Reason, seconds: int, scope: Scope = Scope.LINE) -> Pause:
    """Wait for something other than a rate."""
    return Pause(reason=reason, wait=timedelta(seconds=seconds), scope=scope)
