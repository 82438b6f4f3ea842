"""When OpenAI's session is to be renewed, and what it means that it could not be; pure."""

from agents.media.voice import OpenAIUnreachable
from shared.bridge.errors import BridgeRefused, BridgeUnreachable, LegUnknown
from shared.call import openai_refusal
from shared.call.call import EndReason

SESSION_S = 3600.0
"""OpenAI ends a session after an hour, if it does not say otherwise."""
# before it does, there is to be a pause in the talk
_EARLY_S, _EARLY_SHARE = 300.0, 0.25


def is_due(now: float, *, began_at: float, expires_at: float) -> bool:
    """Whether a session should be renewed at the next pause; all in seconds of one clock."""
    return now > expires_at - min(_EARLY_S, (expires_at - began_at) * _EARLY_SHARE)


def verdict(error: Exception) -> tuple[EndReason, str, bool]:
    """Say what a failed renewal comes to: reason and cause, and whether it is to be tried again."""
    match error:
        case OpenAIUnreachable():
            reason = openai_refusal.reason_of(error.cause)
            return reason, error.cause, reason is EndReason.OPENAI_UNREACHABLE
        case LegUnknown():
            return EndReason.BRIDGE_LOST, error.code, False
        case BridgeUnreachable() | BridgeRefused():
            return EndReason.BRIDGE_LOST, error.code, True
        case _:
            return EndReason.OPENAI_UNREACHABLE, "timeout", True
