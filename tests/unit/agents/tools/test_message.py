"""`sendMessage`."""

import asyncio

import pytest

from agents.media.tool import ToolProblem
from agents.tools.message import MessageArguments, send_message
from shared.call.errors import StoreUnavailable
from shared.call.records import MessageState
from tests.memory_notes import MemoryNotes
from tests.unit.agents.tools.desks import CALL, desk_with

LINK = MessageArguments(text="https://example.org/prices")


class Outbox(MemoryNotes):
    """Notes with a control plane behind them that settles each text at once, or never."""

    def __init__(self, state: MessageState | Exception) -> None:
        super().__init__(CALL)
        self._state = state

    async def message_state(self, message_id: str) -> MessageState | None:
        if isinstance(self._state, Exception):
            raise self._state
        return self._state


async def test_a_text_that_was_sent_is_told() -> None:
    """To the call's person, as an answer of the agent's."""
    store = Outbox(MessageState(status="sent"))
    assert await send_message(desk_with(store), LINK, "call_1") == "Sent."
    assert list(store.messages.values()) == [(CALL, "agent", LINK.text)]


async def test_a_call_of_the_tool_sends_one_text() -> None:
    """Whoever runs it again, after a take-over, sends no second one; another call does."""
    store = Outbox(MessageState(status="sent"))
    for call in ("call_1", "call_1", "call_2"):
        await send_message(desk_with(store), LINK, call)
    assert len(store.messages) == 2


@pytest.mark.parametrize(
    ("state", "said"),
    [
        (MessageState(status="failed", last_error="Outside the window."), "Outside the window."),
        (MessageState(status="canceled"), "canceled"),
    ],
)
async def test_why_it_was_not_sent_is_told(state: MessageState, said: str) -> None:
    """The model tells the most important in words instead."""
    with pytest.raises(ToolProblem, match=said) as caught:
        await send_message(desk_with(Outbox(state)), LINK, "call_1")
    assert caught.value.slug == "unsent"


@pytest.mark.parametrize("state", [MessageState(status="open"), StoreUnavailable("away")])
async def test_what_is_not_known_in_time_is_not_promised(state: MessageState | Exception) -> None:
    """The caller does not wait in silence for Meta."""
    async with asyncio.timeout(2):
        said = await send_message(desk_with(Outbox(state)), LINK, "call_1", within_s=0.02)
    assert "on its way" in said
