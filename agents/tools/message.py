"""`sendMessage`: a text into the same chat while both talk; the control plane sends it."""

import asyncio
import logging
from typing import Annotated

from pydantic import Field, StringConstraints

from agents.media.tool import ToolProblem
from agents.tools.arguments import Arguments
from agents.tools.desk import Desk
from shared.call.errors import StoreUnavailable
from shared.call.records import MessageState

DESCRIPTION = (
    "Send the customer a text in this WhatsApp chat now, while you talk: an address, a link, a "
    "price list. Only what they want to have in writing."
)

KIND = "agent"
# The control plane looks for texts once a second, and Meta takes some hundred milliseconds.
_SENT_WITHIN_S = 4.0
_LOOK_EACH_S = 0.4

_log = logging.getLogger(__name__)


class MessageArguments(Arguments):
    """What is sent."""

    text: Annotated[
        str, StringConstraints(strip_whitespace=True, min_length=1, max_length=2000)
    ] = Field(
        description="The text as the customer will read it. Links only as they stand in your "
        "instructions or came from a tool; never make one up."
    )


async def send_message(
    desk: Desk, given: MessageArguments, call: str, *, within_s: float = _SENT_WITHIN_S
) -> str:
    """Send a text, and wait a moment for what becomes of it; `call`: the model's id of the call."""
    message_id = desk.id_of("message", call)
    await desk.write(lambda store: store.write_message(message_id, desk.call_id, KIND, given.text))
    state = await _settled(desk, message_id, within_s)
    if state is None:
        return (
            "It is on its way, and takes longer than usual: say that it should arrive in a moment. "
            "Do not send it again."
        )
    if state.status == "sent":
        return "Sent."
    raise ToolProblem(
        "Not sent. Why, for you and not to be read out: "
        f"{state.last_error or 'it was canceled.'} Say that you cannot send it now, and tell them "
        "the most important of it.",
        slug="unsent",
    )


async def _settled(desk: Desk, message_id: str, within_s: float) -> MessageState | None:
    """Return what became of it; `None`: that is not known in time."""
    try:
        async with asyncio.timeout(within_s):
            while True:
                state = await (await desk.store()).message_state(message_id)
                if state is not None and state.status != "open":
                    return state
                await asyncio.sleep(_LOOK_EACH_S)
    except (TimeoutError, StoreUnavailable):
        _log.info("A text is not known to be sent yet.", extra={"action": "message-not-settled"})
        return None
