"""What people want, and what of it the ledger is told."""

from datetime import UTC, datetime, timedelta

import pytest

from controlplane.core.consent import ConsentEntry, ConsentKind, ConsentSource, make_entry
from controlplane.core.wishes import (
    PROBABLE_STOP_PAUSE,
    entries_of_resume,
    entries_of_stop,
    make_probable_stop,
)
from shared.call.ids import PhoneNumberId
from shared.call.person import Person

NOW = datetime(2026, 11, 26, 12, 0, tzinfo=UTC)
LINE = PhoneNumberId("436666719526789")
ADA = Person(user_id="US.1349", phone="15550001111")
CALLS, MARKETING = ConsentKind.DO_NOT_CALL, ConsentKind.MARKETING_FOLLOW_UP
TEXT, SWITCH = ConsentSource.TEXT, ConsentSource.PREFERENCE
OPERATOR, AGENT = ConsentSource.OPERATOR, ConsentSource.AGENT


def entry(source: ConsentSource, kind: ConsentKind, granted: bool) -> ConsentEntry:
    return make_entry(
        phone_number_id=LINE,
        person=ADA,
        kind=kind,
        granted=granted,
        source=source,
        source_ref="x",
        at=NOW,
    )


def stop(source: ConsentSource) -> list[ConsentEntry]:
    """What forbids calls and marketing, as this source writes it."""
    return entries_of_stop(line=LINE, person=ADA, source=source, source_ref="x", at=NOW)


LIFT = [entry(OPERATOR, CALLS, False), entry(OPERATOR, MARKETING, True)]
RESUMED = [entry(SWITCH, CALLS, False), entry(SWITCH, MARKETING, True)]


def test_a_stop_forbids_calls_and_marketing() -> None:
    """Both, from one message."""
    assert [(one.kind, one.granted) for one in stop(TEXT)] == [(CALLS, True), (MARKETING, False)]


@pytest.mark.parametrize(
    ("standing", "lifted"),
    [
        ([], set()),
        (stop(SWITCH), {CALLS, MARKETING}),
        (stop(TEXT), set()),
        ([*stop(SWITCH), *stop(TEXT)], set()),
        ([*stop(TEXT), *stop(SWITCH)], set()),
        ([*stop(AGENT), *RESUMED, *stop(SWITCH)], set()),
        ([*stop(SWITCH), *LIFT, *stop(TEXT)], {CALLS, MARKETING}),
        ([*RESUMED, *stop(SWITCH)], set()),
        ([*stop(SWITCH), entry(OPERATOR, MARKETING, False)], {CALLS}),
        ([*stop(SWITCH), entry(TEXT, CALLS, True)], {MARKETING}),
    ],
    ids=[
        "nothing", "the-switch", "words", "words-then-switch", "switch-then-words",
        "agent-after-it", "words-were-lifted", "resumed-already", "marketing-on-paper",
        "calls-in-words",
    ],
)  # fmt: skip
def test_the_switch_lifts_what_it_has_set(
    standing: list[ConsentEntry], lifted: set[ConsentKind]
) -> None:
    """And nothing that was said; what stands is given newest first."""
    found = entries_of_resume(line=LINE, person=ADA, source_ref="y", at=NOW, standing=standing)
    assert {one.kind for one in found} == lifted
    assert all(one.granted is (one.kind is MARKETING) for one in found)
    assert all(one.source is SWITCH for one in found)


def test_a_probable_stop_pauses_for_a_day_and_is_one_row() -> None:
    """From when it was said; a webhook that comes again is the same."""
    first, again = (
        make_probable_stop(line=LINE, person=ADA, said="stop?", message_ref="wamid.1", at=NOW)
        for _ in range(2)
    )
    assert first == again
    assert first.until - NOW == PROBABLE_STOP_PAUSE == timedelta(hours=24)
    assert first.decision is None
    assert "stop?" not in repr(first)
