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
    "account_deactivated": EndReason.OPENAI_KEY_REFUSED,
    "http-429": EndReason.OPENAI_QUOTA,
    "insufficient_quota": EndReason.OPENAI_QUOTA,
    "billing_hard_limit_reached": EndReason.OPENAI_QUOTA,
    "rate_limit_exceeded": EndReason.OPENAI_QUOTA,
    "http-404": EndReason.OPENAI_MODEL_UNKNOWN,
    "model_not_found": EndReason.OPENAI_MODEL_UNKNOWN,
    "invalid_model": EndReason.OPENAI_MODEL_UNKNOWN,
}

SENTENCES: Mapping[EndReason, str] = {
    EndReason.OPENAI_KEY_REFUSED: "OpenAI was reached and refused the key; check OPENAI_API_KEY, "
    "that its account is active, and that its project may use the Realtime API.",
    EndReason.OPENAI_QUOTA: "OpenAI was reached, and the account's quota or rate limit is used up; "
    "look at the billing and limits of OPENAI_API_KEY's project.",
    EndReason.OPENAI_MODEL_UNKNOWN: "OpenAI was reached and does not have the model; check "
    "OPENAI_REALTIME_MODEL against the models of OPENAI_API_KEY's project.",
    EndReason.OPENAI_UNREACHABLE: "The agent could not reach OpenAI; check OPENAI_BASE_URL and the "
    "network.",
    EndReason.MODEL_LOST: "The agent lost OpenAI in mid-call and could not come back, or could not "
    "reach it and apologised; check OPENAI_BASE_URL, the network, and OpenAI's status page.",
}
"""All ends that OpenAI is the reason of."""


def reason_of(cause: str) -> EndReason:
    """Say what a cause means: `http-401`, an error's code, `timeout`, `connection`."""
    return _REASONS.get(cause, EndReason.OPENAI_UNREACHABLE)


_OF_THE_ACCOUNT = frozenset({EndReason.OPENAI_KEY_REFUSED, EndReason.OPENAI_QUOTA})
# they pass by themselves within a minute; in mid-call nothing has to be given up for them
_PASSING = frozenset({"rate_limit_exceeded"})


def is_fatal(code: str) -> bool:
    """Whether an error of a running session says that no other session will do better."""
    return code not in _PASSING and reason_of(code) in _OF_THE_ACCOUNT


def in_mid_call(reason: EndReason) -> EndReason:
    """Return what a reason not to begin is called once the call has been answered."""
    return EndReason.MODEL_LOST if reason is EndReason.OPENAI_UNREACHABLE else reason
