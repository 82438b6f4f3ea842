"""People of the business in a call's room: who they are there, what they tell the agent; pure."""

import json
from dataclasses import dataclass
from enum import StrEnum
from typing import Self, TypedDict

LISTENER_PREFIX = "listener-"
"""Of the identity of somebody who only hears; LiveKit shows them to nobody."""
OPERATOR_PREFIX = "operator-"
"""Of the identity of somebody who speaks with the customer in the agent's place."""
OPERATOR_TOPIC = "operator"
"""Of the data message that carries an `OperatorWord` to the agent, from the server alone."""


class Hearing(TypedDict):
    """LiveKit's grants of somebody who hears a room, by their names."""

    room_join: bool
    hidden: bool
    can_subscribe: bool
    can_publish: bool
    can_publish_data: bool
    can_update_own_metadata: bool


UNSEEN: Hearing = {
    "room_join": True,
    "hidden": True,
    "can_subscribe": True,
    "can_publish": False,
    "can_publish_data": False,
    "can_update_own_metadata": False,
}
"""What a listener may do: hear, and nothing else."""


class OperatorAct(StrEnum):
    """What an operator wants of the agent."""

    WHISPER = "whisper"
    """To be told something that the customer does not hear."""
    HAND_BACK = "handback"
    """To speak again, knowing what was said meanwhile."""


@dataclass(frozen=True, slots=True, kw_only=True)
class OperatorWord:
    """What an operator tells the agent: `{"act": "whisper", "text": "..."}`."""

    act: OperatorAct
    text: str
    """May be empty when handing back."""

    def to_bytes(self) -> bytes:
        """Write it as it travels."""
        return json.dumps({"act": self.act, "text": self.text}).encode()

    @classmethod
    def read(cls, data: bytes) -> Self | None:
        """Read one; `None` for whatever else was sent under the topic."""
        try:
            word = json.loads(data)
            return cls(act=OperatorAct(word["act"]), text=str(word["text"]))
        except (ValueError, KeyError, TypeError, RecursionError):
            return None
