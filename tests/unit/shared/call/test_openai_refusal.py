"""OpenAI's refusals, told apart."""

import pytest

from shared.call.call import EndReason
from shared.call.openai_refusal import SENTENCES, reason_of


@pytest.mark.parametrize(
    ("cause", "reason", "named"),
    [
        ("http-401", EndReason.OPENAI_KEY_REFUSED, "OPENAI_API_KEY"),
        ("http-403", EndReason.OPENAI_KEY_REFUSED, "OPENAI_API_KEY"),
        ("invalid_api_key", EndReason.OPENAI_KEY_REFUSED, "OPENAI_API_KEY"),
        ("insufficient_quota", EndReason.OPENAI_QUOTA, "billing"),
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
