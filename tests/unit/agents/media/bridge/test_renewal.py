"""When OpenAI's session is renewed, and what a failure to do so means."""

from typing import Any

import pytest

from agents.media.bridge.renewal import fatal_code, is_due, verdict
from agents.media.voice import OpenAIUnreachable
from shared.bridge.errors import BridgeGone, BridgeRefused, LegUnknown
from shared.call.call import EndReason


@pytest.mark.parametrize(
    ("now", "expires_at", "due"),
    [(3299, 3600, False), (3301, 3600, True), (5, 8, False), (7, 8, True), (9, 8, True)],
)
def test_a_session_is_renewed_in_the_last_five_minutes(
    now: float, expires_at: float, due: bool
) -> None:
    """Or in the last quarter of a short one."""
    assert is_due(now, began_at=0, expires_at=expires_at) is due


@pytest.mark.parametrize(
    ("error", "reason", "cause", "again"),
    [
        (OpenAIUnreachable("http-503"), EndReason.OPENAI_UNREACHABLE, "http-503", True),
        (OpenAIUnreachable("timeout"), EndReason.OPENAI_UNREACHABLE, "timeout", True),
        (TimeoutError(), EndReason.OPENAI_UNREACHABLE, "timeout", True),
        (OpenAIUnreachable("http-429"), EndReason.OPENAI_QUOTA, "http-429", False),
        (OpenAIUnreachable("http-401"), EndReason.OPENAI_KEY_REFUSED, "http-401", False),
        (LegUnknown("no-leg", "gone"), EndReason.BRIDGE_LOST, "leg-unknown", False),
        (BridgeGone(), EndReason.BRIDGE_LOST, "bridge-gone", True),
        (BridgeRefused("no-peer", "no"), EndReason.BRIDGE_LOST, "bridge-refused", True),
    ],
)  # fmt: skip
def test_what_cannot_change_is_not_tried_again(
    error: Exception, reason: EndReason, cause: str, again: bool
) -> None:
    """The call ends with what was true."""
    assert verdict(error) == (reason, cause, again)


def failed(error: Any) -> dict[str, Any]:
    """A response that OpenAI could not make."""
    details = {"type": "failed", "error": error}
    return {"type": "response.done", "response": {"status": "failed", "status_details": details}}


@pytest.mark.parametrize(
    ("event", "code"),
    [
        ({"type": "error", "error": {"code": "insufficient_quota"}}, "insufficient_quota"),
        ({"type": "error", "error": {"type": "insufficient_quota"}}, "insufficient_quota"),
        (failed({"type": "x", "code": "billing_hard_limit_reached"}), "billing_hard_limit_reached"),
        (failed({"code": "rate_limit_exceeded"}), ""),
        (failed(None), ""),
        ({"type": "error", "error": {"code": "session_expired"}}, ""),
        ({"type": "error", "error": "insufficient_quota"}, ""),
        ({"type": "response.done", "response": {"status_details": None}}, ""),
        ({"type": "response.done", "response": None}, ""),
        ({"type": "session.created", "error": {"code": "insufficient_quota"}}, ""),
    ],
)  # fmt: skip
def test_only_what_the_account_lacks_ends_a_running_call(event: dict[str, Any], code: str) -> None:
    """As an error of the session, and as the reason of a reply that failed."""
    assert fatal_code(event) == code
