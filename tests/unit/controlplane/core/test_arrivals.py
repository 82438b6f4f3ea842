"""What came to the webhooks is counted, and what was turned away is told once an hour."""

from datetime import UTC, datetime, timedelta

from controlplane.core.arrivals import TOLD_EVERY, Tally, tally

AT = datetime(2026, 11, 27, tzinfo=UTC)


def test_the_first_one_is_told_and_the_next_ones_are_counted() -> None:
    """However many come within the hour; the line after it has their number."""
    known: Tally | None = None
    told = []
    for minute in (0, 1, 30, 59):
        known, count = tally(known, AT + timedelta(minutes=minute))
        told.append(count)
    assert told == [1, 0, 0, 0]
    known, count = tally(known, AT + TOLD_EVERY)
    assert count == 4
    assert known == Tally(count=5, last_at=AT + TOLD_EVERY, told_at=AT + TOLD_EVERY)


def test_a_clock_that_is_set_back_silences_nobody() -> None:
    """The time of the last line would lie ahead for ever."""
    known, _ = tally(None, AT)
    known, count = tally(known, AT - timedelta(days=1))
    assert count == 1
    assert known.told_at == AT - timedelta(days=1)
