"""The part of the store that the agent writes to, in memory, for tests of its pure parts."""

from collections.abc import Sequence
from dataclasses import replace

from shared.call.ids import CallId
from shared.call.records import FollowUp, Lead, TranscriptTurn


class MemoryStore:
    """Keeps what it is given; fails as often as `failures` says."""

    def __init__(self, failures: int = 0) -> None:
        self.failures = failures
        self.leads: dict[CallId, Lead] = {}
        self.follow_ups: dict[str, FollowUp] = {}
        self.outcomes: dict[CallId, tuple[str, str]] = {}
        self.turns: dict[tuple[CallId, int], TranscriptTurn] = {}
        self.not_to_be_called: set[CallId] = set()
        self.writes = 0

    def _write(self) -> None:
        self.writes += 1
        if self.failures > 0:
            self.failures -= 1
            raise ConnectionError("the database is away")

    async def upsert_lead(self, lead: Lead) -> Lead:
        self._write()
        known = self.leads.get(lead.call_id, Lead(call_id=lead.call_id))
        new = {
            name: value
            for name in ("name", "phone", "email", "interest", "notes")
            if (value := getattr(lead, name)) is not None
        }
        self.leads[lead.call_id] = replace(known, **new)
        return self.leads[lead.call_id]

    async def add_follow_up(self, follow_up: FollowUp) -> None:
        self._write()
        self.follow_ups.setdefault(follow_up.id, follow_up)

    async def log_outcome(self, call_id: CallId, outcome: str, summary: str) -> None:
        self._write()
        self.outcomes[call_id] = (outcome, summary)

    async def do_not_call(self, call_id: CallId) -> None:
        self._write()
        self.not_to_be_called.add(call_id)

    async def add_transcripts(self, turns: Sequence[TranscriptTurn]) -> None:
        self._write()
        for turn in turns:
            self.turns.setdefault((turn.call_id, turn.sequence), turn)
