"""When OpenAI's session is to be renewed, and what it means that it could not be; pure."""

from collections.abc import Mapping
from typing import Any

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


def error_code(event: Mapping[str, Any]) -> str:
    """Read what an `error` event of OpenAI's is about; `""` for other events."""
    return _code(event.get("error")) if event.get("type") == "error" else ""


def fatal_code(event: Mapping[str, Any]) -> str:
    """Read an error that ends the call out of an event, for no session will do better; or `""`.

    OpenAI tells it as an `error`, or as the reason of a response that failed (`response.done`,
    `status_details.error`).
    """
    code = error_code(event)
    response = event.get("response")
    if event.get("type") == "response.done" and isinstance(response, Mapping):
        details = response.get("status_details")
        code = _code(details.get("error")) if isinstance(details, Mapping) else ""
    return code if openai_refusal.is_fatal(code) else ""


def _code(error: object) -> str:
    return str(error.get("code") or error.get("type") or "") if isinstance(error, Mapping) else ""
