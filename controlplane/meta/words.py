"""The words that Meta's webhooks choose from, and one for those that we have not met."""

from enum import StrEnum
from typing import Self


class ForeignWord(StrEnum):
    """Somebody else's choice: any case, and UNKNOWN for the words that we have not met.

    Members are lower-case; each child has an `UNKNOWN = "unknown"`. A past participle counts as
    its verb: `accepted` has come where `accept` is documented.
    """

    @classmethod
    def _missing_(cls, value: object) -> Self:
        word = value.casefold() if isinstance(value, str) else ""
        known = {member.value: member for member in cls}
        return known.get(word) or known.get(word.removesuffix("ed")) or known["unknown"]


class HangupStatus(ForeignWord):
    """How Meta words an end. COMPLETED says nothing about being answered."""

    COMPLETED = "completed"
    FAILED = "failed"
    UNKNOWN = "unknown"


class PeerStatus(ForeignWord):
    """What the callee's side of a business-initiated call does."""

    RINGING = "ringing"
    ACCEPTED = "accepted"
    REJECTED = "rejected"
    UNKNOWN = "unknown"


class PermissionResponse(ForeignWord):
    """What a person says to being called."""

    ACCEPT = "accept"
    REJECT = "reject"
    UNKNOWN = "unknown"


class Preference(ForeignWord):
    """What a person wants of the business's marketing; their switch in the chat."""

    STOP = "stop"
    RESUME = "resume"
    UNKNOWN = "unknown"


class PermissionSource(ForeignWord):
    """Who said it."""

    USER_ACTION = "user_action"
    AUTOMATIC = "automatic"
    UNKNOWN = "unknown"
