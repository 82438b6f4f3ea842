"""OpenAI's refusals, told apart."""

import pytest

from shared.call.call import EndReason
from shared.call.openai_refusal import SENTENCES, in_mid_call, is_fatal, reason_of


@pytest.mark.parametrize(
    ("cause", "reason", "named"),
    [
        ("http-401", EndReason.OPENAI_KEY_REFUSED, "OPENAI_API_KEY"),
        ("http-403", EndReason.OPENAI_KEY_REFUSED, "OPENAI_API_KEY"),
        ("invalid_api_key", EndReason.OPENAI_KEY_REFUSED, "OPENAI_API_KEY"),
        ("account_deactivated", EndReason.OPENAI_KEY_REFUSED, "account"),
        ("insufficient_quota", EndReason.OPENAI_QUOTA, "billing"),
        ("billing_hard_limit_reached", EndReason.OPENAI_QUOTA, "billing"),
        ("http-429", EndReason.OPENAI_QUOTA, "billing"),
        ("http-404", EndReason.OPENAI_MODEL_UNKNOWN, "OPENAI_REALTIME_MODEL"),
        ("model_not_found", EndReason.OPENAI_MODEL_UNKNOWN, "OPENAI_REALTIME_MODEL"),
        ("http-503", EndReason.OPENAI_UNREACHABLE, "OPENAI_BASE_URL"),
        ("timeout", EndReason.OPENAI_UNREACHABLE, "OPENAI_BASE_URL"),
        ("server_error", EndReason.OPENAI_UNREACHABLE, "OPENAI_BASE_URL"),
    ],
)
def test_a_refusal_is_not_an_absence(cause: str, reason: EndReason, named: str) -> None:
    """What was refused has a reason of its own, and a sentence that names what to look at."""
    assert reason_of(cause) is reason
    assert named in SENTENCES[reason]


@pytest.mark.parametrize(
    ("code", "fatal"),
    [
        ("insufficient_quota", True),
        ("billing_hard_limit_reached", True),
        ("account_deactivated", True),
        ("invalid_api_key", True),
        ("rate_limit_exceeded", False),
        ("session_expired", False),
        ("conversation_already_has_active_response", False),
        ("", False),
    ],
)
def test_only_what_another_session_would_meet_too_is_fatal(code: str, fatal: bool) -> None:
    """An account without quota stays one; a minute's rate limit passes."""
    assert is_fatal(code) is fatal


def test_an_absence_in_mid_call_is_a_loss() -> None:
    """What OpenAI said no to keeps its name, for that is what an operator has to see."""
    assert in_mid_call(EndReason.OPENAI_UNREACHABLE) is EndReason.MODEL_LOST
    assert in_mid_call(EndReason.OPENAI_QUOTA) is EndReason.OPENAI_QUOTA
    assert in_mid_call(EndReason.BRIDGE_LOST) is EndReason.BRIDGE_LOST
