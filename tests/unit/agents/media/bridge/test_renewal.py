"""When OpenAI's session is renewed, and what a failure to do so means."""

import pytest

from agents.media.bridge.renewal import is_due, verdict
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
