"""`doNotCall`."""

from agents.tools.do_not_call import do_not_call
from tests.memory_notes import MemoryNotes
from tests.unit.agents.tools.desks import CALL, desk_with


async def test_the_wish_not_to_be_called_is_written_down() -> None:
    """And told back, so that the model confirms it."""
    store = MemoryNotes(CALL)
    said = await do_not_call(desk_with(store))
    assert store.not_to_be_called == {CALL}
    assert "will not be called" in said
