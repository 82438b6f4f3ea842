"""Who is owed a word when a conversation broke off on our side. Pure."""

from controlplane.core.message import MessageKind
from shared.call import openai_refusal
from shared.call.call import Call, EndReason
from shared.call.person import Person

_OURS = frozenset({EndReason.AGENT_LOST, EndReason.ROOM_LOST, *openai_refusal.SENTENCES})
"""Ends in mid-call that nobody at the phone wanted or could explain. What the phone's own network
did (`media-lost`) is not among them, nor what was said before it happened (`max-duration`)."""


def owed_a_word(call: Call) -> Person | None:
    """Return the person whose answered call broke off for a reason of ours; `None` if none."""
    is_ours = call.status.is_final and call.end_reason in _OURS and not call.ended_by_peer
    return call.party.person if is_ours and call.answered_at is not None else None


def kind_of_text(call: Call) -> MessageKind:
    """Name the text that such a person gets."""
    is_of_model = call.end_reason in openai_refusal.SENTENCES
    return MessageKind.MODEL_LOST if is_of_model else MessageKind.LOST_CALL
