"""Notes that are written nowhere yet: what the tools do in the work after a call becomes a plan."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from agents.after_call.promises import is_arranged
from shared.call.ids import CallId
from shared.call.records import FollowUp, Lead
from shared.database import rows


@dataclass(slots=True)
class StagedNotes:
    """As much of `CallNotes` as the tools of the work after a call write into.

    Of a lead only what is missing is filled in: whoever spoke with the customer knows better, and
    a later call may have corrected it.
    """

    known: Lead | None
    arranged: Sequence[FollowUp]
    """The call's follow-ups so far."""
    leads: list[Lead] = field(default_factory=list)
    follow_ups: list[FollowUp] = field(default_factory=list)
    is_not_to_be_called: bool = False

    async def upsert_lead(self, lead: Lead) -> Lead:
        """Plan to fill in what nobody knew."""
        known = rows.lead_to_given(self.known) if self.known is not None else {}
        new = {name: value for name, value in rows.lead_to_given(lead).items() if name not in known}
        if new:
            self.leads.append(Lead(call_id=lead.call_id, **new))
        return lead

    async def add_follow_up(self, follow_up: FollowUp) -> None:
        """Plan it, unless it is arranged already, perhaps in other words."""
        if not is_arranged(follow_up.channel, follow_up.due_at, self.all_follow_ups):
            self.follow_ups.append(replace(follow_up, source="workflow"))

    async def do_not_call(self, call_id: CallId) -> None:
        """Plan to write that the person asked not to be called again."""
        self.is_not_to_be_called = True

    @property
    def all_follow_ups(self) -> list[FollowUp]:
        """What is arranged, and what is planned."""
        return [*self.arranged, *self.follow_ups]
