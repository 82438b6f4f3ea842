"""`upsertLead`."""

import pytest

from agents.media.tool import ToolProblem
from agents.tools.lead import LeadArguments, upsert_lead
from tests.memory_notes import MemoryNotes
from tests.unit.agents.tools.desks import CALL, desk_with


async def test_a_lead_grows_with_what_is_learned() -> None:
    """Later calls fill in and correct; what they leave out stays."""
    store = MemoryNotes(CALL)
    desk = desk_with(store)
    await upsert_lead(desk, LeadArguments(name="Ada", interest="a full service"))
    await upsert_lead(desk, LeadArguments(name="Ada Lovelace", email="Ada@Example.org"))
    lead = store.leads[CALL]
    assert (lead.name, lead.email, lead.interest) == (
        "Ada Lovelace",
        "ada@example.org",
        "a full service",
    )


async def test_what_the_customer_agreed_to_is_written_once_they_were_asked() -> None:
    """A no is an answer as well; who was not asked has given none."""
    store = MemoryNotes(CALL)
    desk = desk_with(store)
    await upsert_lead(desk, LeadArguments(name="Ada"))
    assert (store.leads[CALL].may_follow_up, store.leads[CALL].may_market) == (None, None)
    await upsert_lead(desk, LeadArguments(may_follow_up=True, may_market=False))
    assert (store.leads[CALL].may_follow_up, store.leads[CALL].may_market) == (True, False)


async def test_an_empty_lead_is_refused() -> None:
    """A call without any field changes nothing and says so."""
    store = MemoryNotes(CALL)
    with pytest.raises(ToolProblem, match="at least one"):
        await upsert_lead(desk_with(store), LeadArguments())
    assert store.writes == 0
