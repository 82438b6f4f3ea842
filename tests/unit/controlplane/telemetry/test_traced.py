"""What a control plane measures, it tells a trace as well."""

import time
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from controlplane.telemetry.traced import TracedMetrics
from controlplane.use_cases.setup import Stopwatch
from shared.call.call import Call, CallStatus, Direction, EndReason, Termination
from shared.call.ids import CallId, PhoneNumberId
from shared.call.person import Party, Person
from shared.call.records import EventOutcome
from shared.tracing.allowed import Value

NOW = datetime(2026, 11, 27, 12, tzinfo=UTC)
CALL = Call(
    id=CallId("0b0e3c1e-9a57-4f3c-9a52-0d7e4a3c2b11"),
    wacid=None,
    direction=Direction.INBOUND,
    status=CallStatus.RINGING,
    phone_number_id=PhoneNumberId("106540352242922"),
    party=Party(person=Person(phone="15551234567"), name="Ada"),
    created_at=NOW,
)


class Told:
    """Takes the place of the spans."""

    def __init__(self) -> None:
        self.done_: list[tuple[str, float, Mapping[str, Value], bool]] = []
        self.ended: list[tuple[Any, ...]] = []

    def done(
        self,
        name: str,
        seconds: float,
        attributes: Mapping[str, Value],
        *,
        is_well: bool = True,
        **_: Any,
    ) -> None:
        self.done_.append((name, seconds, attributes, is_well))

    def call_ended(self, *told: Any) -> None:
        self.ended.append(told)


def test_what_is_counted_is_a_span_as_well() -> None:
    """Requests, steps from the one before, events from their arrival; and the counts go on."""
    told = Told()
    metrics = TracedMetrics(told)
    metrics.upstream_done("graph", "accept", "refused", 0.25)
    # a poll is in the step that waits, unless it fails
    metrics.upstream_done("livekit", "list_participants", "ok", 0.01)
    metrics.upstream_done("livekit", "list_participants", "unreachable", 0.01)
    metrics.event_settled("connect", EventOutcome.HANDLED, time.monotonic() - 5)
    metrics.event_settled("connect", EventOutcome.DUPLICATE)
    watch = Stopwatch(
        Direction.INBOUND, metrics, begins_with="received", began=time.monotonic() - 100
    )
    watch.done("claimed")
    watch.done("room")

    request, poll, event, claimed, room = told.done_
    assert poll[0] == "livekit list_participants"
    assert not poll[3]
    about = {"wacall.service": "graph", "wacall.request": "accept", "wacall.outcome": "refused"}
    assert request == ("graph accept", 0.25, about, False)
    assert event[0] == "webhook connect"
    assert event[1] >= 5
    assert claimed[0] == "set-up claimed"
    assert claimed[1] >= 100
    # the step alone, not all that came before it
    assert room[0] == "set-up room"
    assert room[1] < 100
    value = metrics.registry.get_sample_value
    labels = {"service": "graph", "action": "accept", "outcome": "refused"}
    assert value("whatsapp_upstream_seconds_count", labels) == 1
    stage = {"direction": "inbound", "stage": "room"}
    assert (value("whatsapp_call_stage_seconds_sum", stage) or 0) >= 100


def test_the_end_of_a_call_is_the_root_of_its_trace() -> None:
    """From its beginning to its end; who called is not in it."""
    told = Told()
    metrics = TracedMetrics(told)
    termination = Termination.of(EndReason.CALLER_HANGUP, answered=True)
    ended = replace(CALL, ended_at=NOW + timedelta(seconds=30), duration_s=30)
    metrics.call_ended(Direction.INBOUND, termination, ended)

    ((call_id, began_at, ended_at, attributes),) = told.ended
    assert (call_id, began_at, ended_at) == (CALL.id, NOW, NOW + timedelta(seconds=30))
    assert attributes == {
        "wacall.direction": "inbound",
        "wacall.status": "completed",
        "wacall.reason": "caller-hangup",
        "wacall.duration_s": 30,
    }
