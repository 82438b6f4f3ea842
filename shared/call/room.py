"""A call's LiveKit room, the wire between control plane and agent: names, words, messages; pure.

Operators' tools and other people's agents rely on these names.
"""

import json
from dataclasses import dataclass
from enum import StrEnum
from typing import Self
from uuid import UUID

from shared.call.ids import CallId

ROOM_PREFIX = "wa-"
CALLER_IDENTITY = "caller"
AGENT_IDENTITY = "agent"
AGENT_TRACK = "agent-audio"

ATTRIBUTE_CALL_ID = "whatsapp.callID"
ATTRIBUTE_DIRECTION = "whatsapp.direction"
ATTRIBUTE_CALL_STATUS = "whatsapp.callStatus"
ATTRIBUTE_PHONE_NUMBER_ID = "whatsapp.phoneNumberID"

KEY_TOPIC = "dtmf"
"""Of the data message that tells the agent of a pressed key; its payload is a `KeyMessage`."""
KEYS = "0123456789*#ABCD"
"""RFC 4733 section 3.2: an event's code is its place here."""


class ShownStatus(StrEnum):
    """The values of the attribute `whatsapp.callStatus`."""

    DIALING = "dialing"
    RINGING = "ringing"
    ACTIVE = "active"
    """Answered: from here on the agent may be heard."""
    HANGUP = "hangup"


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyMessage:
    """One pressed key, as it travels under `KEY_TOPIC`: `{"digit": "5"}`."""

    key: str
    """One of `KEYS`."""

    def to_json(self) -> dict[str, str]:
        """Write the message as JSON's object."""
        return {"digit": self.key}

    def to_bytes(self) -> bytes:
        """Write the message as it travels."""
        return json.dumps(self.to_json()).encode()

    @classmethod
    def read(cls, data: bytes) -> Self | None:
        """Read a message; `None` for whatever else was sent under the topic."""
        try:
            message = json.loads(data)
        except (ValueError, RecursionError):
            return None
        key = message.get("digit") if isinstance(message, dict) else None
        # of exactly one character, since `in` would find longer pieces of the string as well
        return cls(key=key) if isinstance(key, str) and key in tuple(KEYS) else None


def room_name(call_id: CallId) -> str:
    """Name a call's LiveKit room."""
    return f"{ROOM_PREFIX}{call_id}"


def call_id_of_room(room: str) -> CallId | None:
    """Read the call's id out of a room name; `None` for rooms that are not ours.

    Anybody can name a room `wa-something`: what is no UUID must not reach the database, which
    would refuse the whole request.
    """
    prefix, call_id = room[: len(ROOM_PREFIX)], room[len(ROOM_PREFIX) :]
    try:
        ours = prefix == ROOM_PREFIX and str(UUID(call_id)) == call_id
    except ValueError:
        return None
    return CallId(call_id) if ours else None
