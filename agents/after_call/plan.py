"""What is to be done of a conversation, written down before it is done; pure.

It stands in `call_jobs.result`. Whoever carries it out a second time, after a crash or by mistake,
changes nothing: every row has an id of its own, and every other write says the same again.
"""

from enum import StrEnum
from typing import Any, Self

from pydantic import BaseModel, ConfigDict, ValidationError

from shared.call.records import FollowUp, Lead, ToolCall


class Standing(StrEnum):
    """What became of a promise."""

    BACKED = "backed"
    """A tool call or a follow-up takes care of it."""
    FOLLOW_UP = "follow-up"
    """It became one that we carry out."""
    FLAGGED = "flagged"
    """It became a task for people."""


class _Part(BaseModel):
    model_config = ConfigDict(extra="ignore", frozen=True)


class KeptPromise(_Part):
    """A promise that the agent truly made."""

    turn: int
    quote: str
    standing: Standing
    backed_by: int | None = None
    follow_up: str | None = None
    """Id of the follow-up that it became."""


class Plan(_Part):
    """All that was found, and all that follows from it."""

    model: str
    summary: str
    outcome: str
    """As the model judges it; the call's own stays what the agent logged, if it did."""
    sentiment: str
    missing: tuple[str, ...] = ()
    off_purpose_turns: tuple[int, ...] = ()
    promises: tuple[KeptPromise, ...] = ()
    leads: tuple[Lead, ...] = ()
    """What is filled in, one after the other."""
    follow_ups: tuple[FollowUp, ...] = ()
    do_not_call: bool = False
    tool_calls: tuple[ToolCall, ...] = ()
    """What the model called for it."""
    tokens: int = 0

    def to_json(self) -> dict[str, Any]:
        """Write it for the row."""
        return self.model_dump(mode="json")

    @classmethod
    def read(cls, written: object) -> Self | None:
        """Read what an attempt has written; `None`: nothing, or another release's words."""
        try:
            return cls.model_validate(written)
        except ValidationError:
            return None
