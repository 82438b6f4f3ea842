"""A call's sound as few points: one writer, in order, bounded."""

from datetime import UTC, datetime, timedelta

import pytest

from controlplane.core.live_rooms import LinkSeen
from controlplane.core.quality import QualityPoint, point_of, series_of, without_points
from shared.call.call import Call, CallStatus, Direction
from shared.call.ids import CallId, PhoneNumberId
from shared.call.person import Party
from shared.call.records import EventRecord, EventSource

BEGAN = datetime(2026, 3, 1, 12, tzinfo=UTC)
CALL = Call(
    id=CallId("9b0f3c9e-7a51-4a62-9a1d-0d6f7c1b2a3e"),
    wacid=None,
    direction=Direction.INBOUND,
    status=CallStatus.ACTIVE,
    phone_number_id=PhoneNumberId("1"),
    party=Party(),
    created_at=BEGAN,
)
BOTH = {"caller": LinkSeen(lost=3, jitter_ms=4.26), "agent": LinkSeen(lost=0, jitter_ms=0)}


def point(seconds: float, **seen: LinkSeen) -> EventRecord:
    found = point_of(CALL, seen or BOTH, BEGAN + timedelta(seconds=seconds))
    assert found is not None
    return found


def test_both_sides_are_kept() -> None:
    """Those that somebody has counted; of nobody else anything is made up."""
    events = [point(20.5), point(10, caller=BOTH["caller"])]
    assert series_of(CALL, events) == [
        QualityPoint(
            at_ms=10_000, caller_lost=3, caller_jitter_ms=4.3, agent_lost=None, agent_jitter_ms=None
        ),
        QualityPoint(
            at_ms=20_500, caller_lost=3, caller_jitter_ms=4.3, agent_lost=0, agent_jitter_ms=0
        ),
    ]
    assert point_of(CALL, {}, BEGAN) is None
    assert point_of(CALL, {"operator-1": BOTH["agent"]}, BEGAN) is None


@pytest.mark.parametrize(
    ("first", "second", "is_one"),
    [
        (0, 9.9, True), (0, 10, False), (-3, 5, True), (590, 599, True), (599, 600, False),
        (600, 659, True), (659, 660, False),
    ],
)  # fmt: skip
def test_of_all_replicas_one_writes_a_point(first: float, second: float, is_one: bool) -> None:
    """The same id is the same row; after ten minutes a minute has one."""
    assert (point(first).id == point(second).id) is is_one


def test_half_an_hour_is_a_short_series() -> None:
    """However often somebody looks."""
    assert len({point(second).id for second in range(1800)}) == 80


@pytest.mark.parametrize(
    "payload",
    [{}, {"caller": None, "agent": "x"}, {"caller": {"lost": "1", "jitter_ms": None}}],
    ids=str,
)
def test_what_a_newer_release_has_written_is_passed_over(payload: dict[str, object]) -> None:
    """As not known."""
    event = EventRecord.note(EventSource.CONTROLPLANE, "quality", BEGAN, payload, call_id=CALL.id)
    (read,) = series_of(CALL, [event])
    assert (read.caller_lost, read.caller_jitter_ms, read.agent_lost) == (None, None, None)


def test_points_are_nothing_that_happened() -> None:
    """The timeline is without them."""
    other = EventRecord.note(EventSource.META, "connect", BEGAN, {}, call_id=CALL.id)
    assert without_points([point(1), other, point(11)]) == [other]
