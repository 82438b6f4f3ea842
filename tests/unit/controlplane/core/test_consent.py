"""What a person said, as entries of the ledger."""

from datetime import UTC, datetime, timedelta

import pytest

from controlplane.core.consent import (
    ConsentEntry,
    ConsentKind,
    ConsentSource,
    Permission,
    make_entry,
)
from shared.call.ids import PhoneNumberId
from shared.call.person import Person

NOW = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
LINE = PhoneNumberId("436666719526789")
ADA = Person(user_id="US.1349", phone="15550001111")


def test_the_same_source_gives_the_same_entry() -> None:
    """A re-delivered webhook stays one row; another kind from the same message is another one."""

    def made(kind: ConsentKind) -> ConsentEntry:
        return make_entry(
            phone_number_id=LINE,
            person=ADA,
            kind=kind,
            granted=True,
            source=ConsentSource.TEXT,
            source_ref="wamid.1",
            at=NOW,
        )

    assert made(ConsentKind.DO_NOT_CALL).id == made(ConsentKind.DO_NOT_CALL).id
    assert made(ConsentKind.DO_NOT_CALL).id != made(ConsentKind.RECORDING).id


def test_an_entry_shows_no_personal_data() -> None:
    """Reprs end up in logs."""
    entry = make_entry(
        phone_number_id=LINE,
        person=ADA,
        kind=ConsentKind.CALL_PERMISSION,
        granted=True,
        source=ConsentSource.REPLY,
        source_ref="wamid.1",
        at=NOW,
        note="by Ada",
    )
    shown = repr(entry)
    for private in (entry.person.phone, entry.person.user_id, entry.source_ref, entry.note):
        assert private
        assert private not in shown


@pytest.mark.parametrize(
    ("seconds", "holds"), [(-1, True), (0, False), (1, False)], ids=["before", "at", "after"]
)
def test_a_permission_ends_at_its_expiry(seconds: int, holds: bool) -> None:
    """Nobody tells us; the clock does."""
    permission = Permission(granted=True, valid_until=NOW)
    assert permission.holds(NOW + timedelta(seconds=seconds)) is holds
