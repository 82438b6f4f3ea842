"""`logOutcome`."""

import pytest

from agents.media.tool import ToolProblem
from agents.tools.outcome import OutcomeArguments, log_outcome
from tests.memory_notes import MemoryNotes
from tests.unit.agents.tools.desks import CALL, desk_with


async def test_the_last_outcome_counts() -> None:
    """An outcome can be corrected."""
    store = MemoryNotes(CALL)
    desk = desk_with(store)
    await log_outcome(desk, OutcomeArguments(outcome="resolved"))
    await log_outcome(desk, OutcomeArguments(outcome="lead", summary="Wants a service."))
    assert store.outcomes[CALL] == ("lead", "Wants a service.")


@pytest.mark.parametrize("said", ["no-show", "No show", "no_show", "NO-SHOW"])
async def test_an_outcome_is_written_as_the_profile_spells_it(said: str) -> None:
    """However the model does."""
    store = MemoryNotes(CALL)
    desk = desk_with(store, outcomes=["booked", "no-show"])
    await log_outcome(desk, OutcomeArguments(outcome=said))
    assert store.outcomes[CALL] == ("no-show", "")


async def test_an_outcome_that_the_profile_has_not_is_refused_with_the_list() -> None:
    """The model chooses another one; nothing is written."""
    store = MemoryNotes(CALL)
    desk = desk_with(store, outcomes=["booked", "no-show"])
    with pytest.raises(ToolProblem, match="one of booked, no-show"):
        await log_outcome(desk, OutcomeArguments(outcome="resolved"))
    assert store.writes == 0
