"""What may change in a call's row: the types have to name the fields of a call, all of them."""

from datetime import datetime
from typing import get_type_hints

from shared.call.call import Call
from shared.call.changes import CallChanges, Mark

FIXED = {
    "id", "direction", "origin", "created_at", "duration_s", "profile", "max_duration_s",
    "off_purpose_turns", "meta_usd_per_minute", "meta_cost_usd",
}  # fmt: skip


def test_every_field_of_a_call_can_change_or_is_known_not_to() -> None:
    """A field added to Call and forgotten in CallChanges, or of another type there, fails here."""
    fields = get_type_hints(Call)
    assert get_type_hints(CallChanges) == {
        name: kind for name, kind in fields.items() if name not in FIXED
    }


def test_what_never_changes_are_fields_too() -> None:
    """A field that is gone is gone from this test as well."""
    assert set(get_type_hints(Call)) >= FIXED


def test_a_mark_is_a_time_that_may_be_missing() -> None:
    """Each names a field that is unset until somebody sets it."""
    fields = get_type_hints(CallChanges)
    assert {fields[mark] for mark in Mark} == {datetime | None}
