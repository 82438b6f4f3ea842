"""The names on which control plane and agent agree, for programs that have no more of wacall.

The same as in `shared/call/room.py`, which a test compares: this folder can be copied alone.
"""

from enum import StrEnum

AGENT_IDENTITY = "agent"
AGENT_TRACK = "agent-audio"
CALLER_IDENTITY = "caller"
ATTRIBUTE_CALL_STATUS = "whatsapp.callStatus"


class ShownStatus(StrEnum):
    """The values of the caller's attribute `whatsapp.callStatus`."""

    DIALING = "dialing"
    RINGING = "ringing"
    ACTIVE = "active"
    """Answered: from here on the agent may be heard."""
    HANGUP = "hangup"
