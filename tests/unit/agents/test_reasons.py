"""Why an agent leaves, in the database."""

from typing import cast

import pytest

from agents.reasons import turn_away, write_reason
from agents.store_link import Link
from shared.call.call import EndReason
from shared.call.ids import CallId
from tests.memory_notes import MemoryNotes

CALL = CallId("0b0e3c1e-9a57-4f3c-9a52-0d7e4a3c2b11")


class Lent:
    def __init__(self, store: MemoryNotes) -> None:
        self._store = store

    async def store(self) -> MemoryNotes:
        return self._store


async def test_a_call_without_a_profile_is_ended() -> None:
    """At once, by its row, with what is to be looked at on its timeline."""
    notes = MemoryNotes(CALL)
    await turn_away(cast(Link, Lent(notes)), CALL, ValueError("no profile"))
    assert notes.requested_ends == {CALL: EndReason.INTERNAL}
    (event,) = notes.events.values()
    assert event.payload == {"reason": "internal", "cause": "profile"}


async def test_a_database_that_is_away_is_logged(caplog: pytest.LogCaptureFixture) -> None:
    """Nothing is raised: the control plane notices by itself."""
    notes = MemoryNotes(CALL, failures=1)
    await write_reason(cast(Link, Lent(notes)), CALL, EndReason.SHUTDOWN)
    assert [getattr(record, "action", "") for record in caplog.records] == ["reason-unwritten"]
