"""Prometheus collectors, behind methods named by what happened. Labels come from enums only."""

import math
import time
from collections.abc import Iterable, Mapping
from datetime import datetime

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest

from shared.call.call import Call, Direction, EndReason, Termination
from shared.call.records import EventOutcome

_STAGE_BUCKETS = (0.01, 0.025, 0.05, 0.1, 0.2, 0.3, 0.4, 0.6, 0.8, 1, 1.5, 2, 3, 5, 8, 13, 20)

# codes of the errors with which webhooks are refused, and `RefusedBy`
_REFUSALS = ("bad-signature", "bad-webhook", "body-too-large", "compressed-body", "too-slow")
_REFUSERS = ("setups", "ceiling", "caller")
STAGES: Mapping[Direction, tuple[str, ...]] = {
    Direction.INBOUND: (
        "claimed", "room", "agent", "leg", "whip", "pre_accept", "media", "accept",
    ),
    Direction.OUTBOUND: ("room", "agent", "offered", "connect", "answer-taken", "linked"),
}  # fmt: skip
"""The steps of a set-up."""


class Metrics:
    """The collectors of one control plane."""

    def __init__(self) -> None:
        """Create the collectors in a registry of their own."""
        self.registry = CollectorRegistry()
        self._events = Counter(
            "whatsapp_webhook_events",
            "Events in webhooks, by kind and what became of them.",
            ["kind", "outcome"],
            registry=self.registry,
        )
        self._refused = Counter(
            "whatsapp_webhooks_refused",
            "Webhook requests refused before anything was stored.",
            ["code"],
            registry=self.registry,
        )
        self._started = Counter(
            "whatsapp_calls_started", "Calls begun.", ["direction"], registry=self.registry
        )
        self._ended = Counter(
            "whatsapp_calls_ended",
            "Calls ended.",
            ["direction", "status", "reason"],
            registry=self.registry,
        )
        self._calls_refused = Counter(
            "whatsapp_calls_refused",
            "Inbound calls that were refused, by what refused them.",
            ["by"],
            registry=self.registry,
        )
        self._setups = Gauge(
            "whatsapp_setups", "Set-ups of inbound calls that run.", registry=self.registry
        )
        self._setups_limit = Gauge(
            "whatsapp_setups_limit",
            "How many set-ups may run at once, as learnt so far.",
            registry=self.registry,
        )
        self._live = Gauge(
            "whatsapp_calls_live",
            "Calls that have not ended, of all replicas.",
            ["direction", "status"],
            registry=self.registry,
        )
        self._stages = Histogram(
            "whatsapp_call_stage_seconds",
            "From the beginning of a set-up (offer, order, or Meta's answer) to the end of a step.",
            ["direction", "stage"],
            buckets=_STAGE_BUCKETS,
            registry=self.registry,
        )
        self._webhook = Histogram(
            "whatsapp_webhook_seconds",
            "From a webhook's arrival to its 200.",
            buckets=_STAGE_BUCKETS,
            registry=self.registry,
        )
        self._upstream = Histogram(
            "whatsapp_upstream_seconds",
            "Requests to a service that we depend on.",
            ["service", "action", "outcome"],
            buckets=_STAGE_BUCKETS,
            registry=self.registry,
        )
        self._breakers = Gauge(
            "whatsapp_breaker_open",
            "1 while a service does not answer, so that clean-up does not wait for it.",
            ["service"],
            registry=self.registry,
        )
        self._skew = Gauge(
            "whatsapp_clock_skew_seconds",
            "By how much this machine's clock is ahead of Meta's.",
            registry=self.registry,
        )
        self._troubles = Gauge(
            "whatsapp_line_trouble",
            "1 while something at Meta keeps this line's calls from working.",
            ["line", "trouble"],
            registry=self.registry,
        )
        self._waits = Gauge(
            "whatsapp_errand_wait_seconds",
            "For how long the oldest text, follow-up, work after a call or event waits.",
            ["kind"],
            registry=self.registry,
        )
        self._expiries = Gauge(
            "whatsapp_token_expires_timestamp_seconds",
            "When this line's access token ends; none of a token that does not.",
            ["line"],
            registry=self.registry,
        )
        self._cost = Gauge(
            "whatsapp_cost_today_usd",
            "What the calls that began today (UTC) have cost so far, of all replicas.",
            registry=self.registry,
        )
        self._cost_cap = Gauge(
            "whatsapp_cost_cap_usd",
            "What a day's calls may cost (DAILY_COST_CAP_USD); +Inf without a cap.",
            registry=self.registry,
        )
        self._unpriced = Gauge(
            "whatsapp_cost_unpriced_calls",
            "Answered calls of today that are over and of which a part has no price.",
            registry=self.registry,
        )
        self._turns = Counter(
            "whatsapp_loop_turns",
            "Turns of background loops, by whether they went well.",
            ["loop", "outcome"],
            registry=self.registry,
        )
        self._turned = Gauge(
            "whatsapp_loop_last_turn_timestamp_seconds",
            "When a background loop ended its last turn.",
            ["loop"],
            registry=self.registry,
        )
        self._ill_loops = Gauge(
            "whatsapp_loop_ill",
            "1 for a background loop that has died, or hangs: only a restart helps.",
            ["loop"],
            registry=self.registry,
        )

        self._begin_at_zero()

    def _begin_at_zero(self) -> None:
        """Show what has not happened yet: a series that begins with 1 has no increase.

        Prometheus compares two values of one series; a first failure that is the first value would
        fire no alert.
        """
        for direction in Direction:
            self._started.labels(direction.value)
            for stage in STAGES[direction]:
                self._stages.labels(direction.value, stage)
            for reason in EndReason:
                for answered in (False, True):
                    status = Termination.of(reason, answered=answered).status
                    self._ended.labels(direction.value, status.value, reason.value)
        for code in _REFUSALS:
            self._refused.labels(code)
        for by in _REFUSERS:
            self._calls_refused.labels(by)

    def event_settled(
        self, kind: str, outcome: EventOutcome, received: float | None = None
    ) -> None:
        """Count one event of a webhook; `kind` is one of the parser's slugs.

        `received` is the monotonic time at which it reached us; `None`: it led to nothing.
        """
        self._events.labels(kind, outcome.value).inc()

    def webhook_refused(self, code: str) -> None:
        """Count a webhook that was turned away."""
        self._refused.labels(code).inc()

    def webhook_answered(self, seconds: float) -> None:
        """Time one webhook."""
        self._webhook.observe(seconds)

    def call_started(self, direction: Direction) -> None:
        """Count a call that we own."""
        self._started.labels(direction.value).inc()

    def call_ended(
        self, direction: Direction, termination: Termination, call: Call | None = None
    ) -> None:
        """Count an end; called by whoever won the compare-and-set, so once a call.

        `call` is its row as it ended.
        """
        self._ended.labels(
            direction.value, termination.status.value, termination.reason.value
        ).inc()

    def call_refused(self, by: str) -> None:
        """Count a call that was not taken."""
        self._calls_refused.labels(by).inc()

    def setups_stand(self, *, running: int, limit: float) -> None:
        """Show how many set-ups run, and how many may."""
        self._setups.set(running)
        self._setups_limit.set(limit)

    def calls_live(self, calls: Iterable[Call]) -> None:
        """Show how many calls live, by direction and status."""
        self._live.clear()
        for call in calls:
            self._live.labels(call.direction.value, call.status.value).inc()

    def stage_done(
        self, direction: Direction, stage: str, milliseconds: float, took_ms: float = 0
    ) -> None:
        """Time a set-up step: from the set-up's beginning; `took_ms`: from the step before it."""
        self._stages.labels(direction.value, stage).observe(milliseconds / 1000)

    def upstream_done(self, service: str, action: str, outcome: str, seconds: float) -> None:
        """Time a request to a neighbour; an `ObserveRequest`."""
        self._upstream.labels(service, action, outcome).observe(seconds)

    def breaker_stands(self, service: str, is_open: bool) -> None:
        """Show whether a service does not answer."""
        self._breakers.labels(service).set(is_open)

    def clock_is_off(self, seconds: float) -> None:
        """Show by how much this machine's clock is ahead of Meta's."""
        self._skew.set(seconds)

    def line_trouble(self, line: str, name: str, is_there: bool) -> None:
        """Show whether a line, by Meta's id of it, has a trouble; `name` is a slug of ours."""
        self._troubles.labels(line, name).set(is_there)

    def errand_waits(self, kind: str, seconds: float) -> None:
        """Show how long the oldest errand of a kind has waited; 0: there is none."""
        self._waits.labels(kind).set(seconds)

    def cost_cap(self, cap_usd: float | None) -> None:
        """Show what a day's calls may cost."""
        self._cost_cap.set(math.inf if cap_usd is None else cap_usd)

    def costs(self, today_usd: float, *, unpriced: int) -> None:
        """Show what today has cost, and how many calls of it are in no sum."""
        self._unpriced.set(unpriced)
        self._cost.set(today_usd)

    def loop_turned(self, loop: str, went_well: bool) -> None:
        """Count a turn of a background loop."""
        for outcome, count in (("ok", int(went_well)), ("failed", int(not went_well))):
            self._turns.labels(loop, outcome).inc(count)
        self._turned.labels(loop).set(time.time())

    def loops_ill(self, loops: Iterable[str]) -> None:
        """Show which background loops have died or hang."""
        self._ill_loops.clear()
        for loop in loops:
            self._ill_loops.labels(loop).set(1)

    def token_expires(self, line: str, at: datetime | None) -> None:
        """Show when a line's access token ends; `None`: never, or it is not known any more."""
        if at is None:
            self._expiries.remove_by_labels({"line": line})
        else:
            self._expiries.labels(line).set(at.timestamp())

    def render(self) -> bytes:
        """Render Prometheus' text format."""
        return generate_latest(self.registry)
