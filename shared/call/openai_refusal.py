"""What OpenAI means when it gives the agent no session, for row, log and operators; pure."""

from collections.abc import Mapping

from shared.call.call import EndReason

# https://platform.openai.com/docs/guides/error-codes: HTTP statuses of the handshake, and the codes
# of the Realtime API's `error` event
_REASONS: Mapping[str, EndReason] = {
    "http-401": EndReason.OPENAI_KEY_REFUSED,
    "http-403": EndReason.OPENAI_KEY_REFUSED,
    "invalid_api_key": EndReason.OPENAI_KEY_REFUSED,
    "missing_api_key": EndReason.OPENAI_KEY_REFUSED,
    "http-429": EndReason.OPENAI_QUOTA,
    "insufficient_quota": EndReason.OPENAI_QUOTA,
    "rate_limit_exceeded": EndReason.OPENAI_QUOTA,
    "http-404": EndReason.OPENAI_MODEL_UNKNOWN,
    "model_not_found": EndReason.OPENAI_MODEL_UNKNOWN,
    "invalid_model": EndReason.OPENAI_MODEL_UNKNOWN,
}

SENTENCES: Mapping[EndReason, str] = {
    EndReason.OPENAI_KEY_REFUSED: "OpenAI was reached and refused the key; check OPENAI_API_KEY, "
    "and that its project may use the Realtime API.",
    EndReason.OPENAI_QUOTA: "OpenAI was reached, and the account's quota or rate limit is used up; "
    "look at the billing and limits of OPENAI_API_KEY's project.",
    EndReason.OPENAI_MODEL_UNKNOWN: "OpenAI was reached and does not have the model; check "
    "OPENAI_REALTIME_MODEL against the models of OPENAI_API_KEY's project.",
    EndReason.OPENAI_UNREACHABLE: "The agent could not reach OpenAI, or lost it; check "
    "OPENAI_BASE_URL and the network.",
}
"""All ends that OpenAI is the reason of."""


def reason_of(cause: str) -> EndReason:
    """Say what a cause means: `http-401`, an error's code, `timeout`, `connection`."""
    return _REASONS.get(cause, EndReason.OPENAI_UNREACHABLE)
