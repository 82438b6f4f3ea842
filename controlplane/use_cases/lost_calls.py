"""Write to a person whose conversation broke off on our side: once, and never against their wish.

Where it was the model that broke, the agent has said so before. No words can be said inside of the
call where the agent itself is gone: the phone's leg is subscribed to its track, and LiveKit's WHIP
adds no later one (docs/faults.md).
"""

import logging
import uuid

from controlplane.core.lost_call import kind_of_text, owed_a_word
from controlplane.errands.messages import Messages
from shared.call.call import Call
from shared.call.errors import WacallError

_log = logging.getLogger(__name__)

_TEXT = "lost-call-text"
"""Whichever replicas release the call, the text has one id."""


class LostCalls:
    """Writes the text into the outbox; holds nothing of a call."""

    def __init__(self, *, messages: Messages, text: str) -> None:
        """Take the outbox and the words; no words, no message."""
        self._messages = messages
        self._text = text

    async def write_to_caller(self, call: Call) -> None:
        """Write, if this call's end calls for it; twice is one. Never raises an error of ours."""
        if not self._text or owed_a_word(call) is None:
            return
        try:
            await self._messages.write(
                str(uuid.uuid5(uuid.UUID(call.id), _TEXT)),
                call.id,
                kind=kind_of_text(call),
                body=self._text,
            )
        except WacallError as error:
            _log.warning(
                "A person whose call broke off could not be written to.",
                extra={"action": "lost-call-text-unsent", "call": call.id, "error": error.code},
            )
