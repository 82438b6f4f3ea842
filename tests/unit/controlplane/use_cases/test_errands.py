"""The look and its lanes: what is due begins at once, beside the others, and once."""

import asyncio
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import cast

from controlplane.errands.due import Due, Errands
from controlplane.telemetry.metrics import Metrics
from controlplane.use_cases.errands import ErrandRunner
from shared.call.errors import StoreUnavailable

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
IDLE = Due(
    messages=False,
    follow_ups=False,
    missed_calls=False,
    oldest_message=None,
    oldest_follow_up=None,
)


class Lanes:
    """A database that says what is due, and lanes that wait until they may go on."""

    def __init__(self, due: Due) -> None:
        self.is_due = due
        self.looks = 0
        self.begun: list[str] = []
        self.go_on = asyncio.Event()
        self.is_draining = False
        self.metrics = Metrics()
        self.runner = ErrandRunner(
            cast(Errands, self),
            messages=lambda: self.turn("messages"),
            follow_ups=lambda: self.turn("follow-ups"),
            missed_calls=self.fails,
            tells_people=False,
            missed_wait_s=10,
            metrics=self.metrics,
            clock=lambda: NOW,
            is_draining=lambda: self.is_draining,
        )

    async def due(self, now: datetime, *, calls_before: datetime, tells_people: bool) -> Due:
        assert (now - calls_before, tells_people) == (timedelta(seconds=10), False)
        self.looks += 1
        return self.is_due

    async def turn(self, name: str) -> None:
        self.begun.append(name)
        await self.go_on.wait()

    async def fails(self) -> None:
        self.begun.append("missed-calls")
        raise StoreUnavailable

    def turns(self, lane: str, outcome: str) -> float | None:
        labels = {"loop": lane, "outcome": outcome}
        return self.metrics.registry.get_sample_value("whatsapp_loop_turns_total", labels)


async def test_nothing_due_costs_one_request() -> None:
    """And begins nothing."""
    lanes = Lanes(IDLE)
    await lanes.runner.look()
    await lanes.runner.close()
    assert (lanes.looks, lanes.begun) == (1, [])


async def test_a_lane_that_is_busy_does_not_begin_again_and_holds_nobody_up() -> None:
    """A webhook that is slow keeps no text from being sent."""
    lanes = Lanes(replace(IDLE, follow_ups=True))
    await lanes.runner.look()
    await asyncio.sleep(0)
    lanes.is_due = replace(IDLE, follow_ups=True, messages=True)
    await lanes.runner.look()
    await asyncio.sleep(0)
    assert lanes.begun == ["follow-ups", "messages"]
    lanes.go_on.set()
    await asyncio.sleep(0.01)
    assert lanes.turns("follow-ups", "ok") == 1
    await lanes.runner.look()
    await asyncio.sleep(0)
    assert lanes.begun.count("follow-ups") == 2
    await lanes.runner.close()


async def test_a_lane_that_fails_is_counted_and_tried_again() -> None:
    """The look goes on."""
    lanes = Lanes(replace(IDLE, missed_calls=True))
    for _ in range(2):
        await lanes.runner.look()
        await asyncio.sleep(0.01)
    assert lanes.begun == ["missed-calls", "missed-calls"]
    assert lanes.turns("missed-calls", "failed") == 2


async def test_a_process_that_goes_still_sends_what_its_calls_promise() -> None:
    """Follow-ups and missed calls are for other replicas, or for later."""
    lanes = Lanes(replace(IDLE, messages=True, follow_ups=True, missed_calls=True))
    lanes.is_draining = True
    await lanes.runner.look()
    await asyncio.sleep(0)
    assert lanes.begun == ["messages"]
    asyncio.get_running_loop().call_later(0.05, lanes.go_on.set)
    await lanes.runner.close()
    assert lanes.turns("messages", "ok") == 1


async def test_what_waits_for_too_long_is_told() -> None:
    """By /readyz, and as a metric; it is a problem of all replicas."""
    lanes = Lanes(IDLE)
    lanes.is_draining = True
    await lanes.runner.look()
    assert lanes.runner.problems() == {}
    lanes.is_due = replace(
        IDLE,
        oldest_message=NOW - timedelta(minutes=6),
        oldest_follow_up=NOW - timedelta(hours=3),
        oldest_job=NOW - timedelta(minutes=2),
        oldest_event=NOW - timedelta(seconds=9),
    )
    await lanes.runner.look()
    assert set(lanes.runner.problems()) == {"messages", "follow-ups"}
    waits = lanes.metrics.registry.get_sample_value
    assert waits("whatsapp_errand_wait_seconds", {"kind": "message"}) == 360
    assert waits("whatsapp_errand_wait_seconds", {"kind": "call-job"}) == 120
    assert waits("whatsapp_errand_wait_seconds", {"kind": "event"}) == 9
    lanes.is_due = IDLE
    await lanes.runner.look()
    assert lanes.runner.problems() == {}
