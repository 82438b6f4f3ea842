"""A call's LiveKit room: the names of room, participants, track and attributes; pure.

Operators' tools and other people's agents rely on these names.
"""

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
