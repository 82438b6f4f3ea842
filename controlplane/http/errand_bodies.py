"""What operators are told of follow-ups and texts, field by field; as `bodies`."""

from controlplane.core.follow_up import FollowUpStatus
from controlplane.core.message import MessageStatus
from controlplane.http.body import Answer, Moment


class FollowUpView(Answer):
    """Something that was agreed for later."""

    id: str
    call_id: str
    """The call in which it was agreed."""
    due_at: Moment | None
    time_zone: str
    """The zone in which the time was agreed."""
    channel: str
    """`call`, `message`, `task` or `email`."""
    kind: str
    """`follow-up`, `human-request` or `promise`."""
    source: str
    """Who wanted it: `agent`, `workflow` (after the call) or `operator`."""
    purpose: str
    body: str | None
    """The text of a message."""
    is_for_people: bool
    """Whether people do it; the others are done by themselves."""
    status: FollowUpStatus
    attempts: int
    next_at: Moment | None
    """When it is tried next; null: at `due_at`."""
    last_error: str | None
    """Why the last try failed, in a sentence."""
    finished_at: Moment | None
    placed_call_id: str | None
    """The last call that was placed for it."""


class FollowUpList(Answer):
    """Follow-ups, those that are due last first."""

    follow_ups: list[FollowUpView]


class MessageView(Answer):
    """A text to the person of a call."""

    id: str
    kind: str
    """`agent` (asked for in the call), `follow-up`, `missed-call`, `model-lost` or `lost-call`."""
    body: str
    template: str | None
    """The template that it went out with; null: free text."""
    status: MessageStatus
    attempts: int
    last_error: str | None
    """Why it was not sent, in a sentence."""
    created_at: Moment | None
    finished_at: Moment | None
