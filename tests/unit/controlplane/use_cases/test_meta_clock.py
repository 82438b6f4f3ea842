"""The time by which the control plane lives."""

import logging
import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import pytest

from controlplane.telemetry.metrics import Metrics
from controlplane.use_cases.meta_clock import MetaClock

NOON = datetime(2026, 11, 26, 12, tzinfo=UTC)
SECOND = timedelta(seconds=1)


@dataclass
class World:
    """True time since noon, by how much our clock is wrong, and the clock under test."""

    clock: MetaClock
    metrics: Metrics
    since_s: float = 100.0
    off_s: float = 0.0

    def graph_answers(self) -> None:
        """At a whole second, so that `Date` is exact."""
        self.clock.answered(NOON + self.since_s * SECOND, self.since_s - 0.1, self.since_s)

    @property
    def is_right(self) -> bool:
        """Whether the clock under test shows the true time."""
        return abs(self.clock.now() - (NOON + self.since_s * SECOND)) < 2 * SECOND


@pytest.fixture
def world() -> World:
    """A clock that is right, until told otherwise."""
    metrics = Metrics()
    made: World
    clock = MetaClock(
        metrics,
        wall=lambda: NOON + (made.since_s + made.off_s) * SECOND,
        monotonic=lambda: made.since_s,
    )
    made = World(clock, metrics)
    return made


@pytest.mark.parametrize("off_s", [25.0, -25.0, 3600.0, -86_400.0])
def test_a_wrong_clock_is_set_right_once_graph_has_answered(world: World, off_s: float) -> None:
    """And is counted and told, until it is right by itself."""
    world.off_s = off_s
    assert not world.is_right
    assert not world.clock.skew.is_known
    world.graph_answers()
    assert world.is_right
    side = "ahead of" if off_s > 0 else "behind"
    told = re.search(rf"(\d+) s {side} Meta's", world.clock.problems()["clock"])
    assert told is not None
    assert int(told[1]) == pytest.approx(abs(off_s), abs=1)
    skew = world.metrics.registry.get_sample_value("whatsapp_clock_skew_seconds")
    assert skew == pytest.approx(off_s, abs=1)

    world.off_s = 0
    assert world.is_right
    assert world.clock.problems() == {}


def test_a_right_clock_is_left_alone(world: World) -> None:
    """Half a second of doubt is no reason to show another time than the machine does."""
    world.off_s = 0.9
    world.graph_answers()
    world.clock.told(NOON + (world.since_s - 1) * SECOND, world.since_s)
    assert world.clock.now() == NOON + (world.since_s + 0.9) * SECOND
    assert world.clock.problems() == {}


def test_a_webhook_from_the_future_sets_a_slow_clock_right(world: World) -> None:
    """Without a word from Graph."""
    world.off_s = -25
    world.clock.told(NOON + world.since_s * SECOND, world.since_s)
    assert world.is_right


def test_the_log_tells_it_once_an_hour(world: World, caplog: pytest.LogCaptureFixture) -> None:
    """Not with every webhook; and once that it is over."""
    caplog.set_level(logging.INFO, "controlplane")
    world.off_s = 25
    for _ in range(3 * 60):
        world.since_s += 60
        world.graph_answers()
    world.off_s = 0
    for _ in range(3):
        world.graph_answers()
    told = [(record.levelname, vars(record)["action"]) for record in caplog.records]
    assert told == [("WARNING", "clock-skewed")] * 3 + [("INFO", "clock-skewed")]
    assert vars(caplog.records[0])["skew_s"] == pytest.approx(25, abs=1)
