"""OpenAI's errors as the Realtime API words them: type, code, sentence, parameter."""

from typing import Any, Final

INVALID_REQUEST: Final = "invalid_request_error"

# error codes that OpenAI sends under a type of the same name
_OWN_TYPE: Final = frozenset({"insufficient_quota"})
_SENTENCES: Final = {
    "insufficient_quota": "You exceeded your current quota, please check your plan and billing "
    "details.",
    "session_expired": "Your session hit the maximum duration of 60 minutes.",
    "invalid_api_key": "Incorrect API key provided.",
}


class RealtimeRefusal(Exception):
    """A client event that cannot be carried out; becomes an `error` event."""

    def __init__(self, code: str, message: str, *, param: str | None = None) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.param = param

    def to_json(self, event_id: str | None) -> dict[str, Any]:
        """Return the `error` object; `event_id` is the client event's own, if it had one."""
        return {
            "type": INVALID_REQUEST,
            "code": self.code,
            "message": self.message,
            "param": self.param,
            "event_id": event_id,
        }


def error_by_code(code: str) -> dict[str, Any]:
    """Return the `error` object for a failure of OpenAI's own accord."""
    return {
        "type": code if code in _OWN_TYPE else INVALID_REQUEST,
        "code": code,
        "message": _SENTENCES.get(code, f"The server had an error: {code}."),
        "param": None,
        "event_id": None,
    }


def http_error(code: str, message: str) -> dict[str, Any]:
    """Return the JSON body of a refused HTTP request, in OpenAI's shape."""
    return {
        "error": {"message": message, "type": INVALID_REQUEST, "param": None, "code": code},
    }
