"""What livekit-agents may say in our log: sentences, but nothing of what people said."""

import logging

# Extras under which the framework logs whole protocol messages: metadata of the job (what the
# operator handed over), raw events, tokens.
_WHOLE_MESSAGES = frozenset(
    {"job", "job_request", "job_request_fnc", "event", "ws_data", "data", "resp", "params"}
)
# LiveKit's Rust side reports this as three errors whenever a room is left.
_GOODBYE = "closed unexpectedly"


class WithoutPeople(logging.Filter):
    """Drops extras that hold words, arguments or metadata; belongs on the handler.

    livekit-agents marks what people said with keys that begin with `lk.pii`.
    """

    def filter(self, record: logging.LogRecord) -> bool:
        """Keep every record but one, without those extras."""
        if record.name == "livekit" and _GOODBYE in str(record.msg):
            return False
        for key in [key for key in record.__dict__ if _is_private(key)]:
            delattr(record, key)
        return True


def _is_private(key: str) -> bool:
    return ".pii" in key or key in _WHOLE_MESSAGES


def quieten(level: str) -> None:
    """Set the framework's levels and put the filter on every handler of the root logger."""
    for handler in logging.getLogger().handlers:
        handler.addFilter(WithoutPeople())
    # LiveKit's Rust side: its INFO lines name hosts and its DEBUG lines carry tokens
    logging.getLogger("livekit").setLevel(logging.WARNING)
    for name in ("livekit.agents", "livekit.plugins.openai"):
        logging.getLogger(name).setLevel(level)
    for name in ("openai", "httpx", "httpcore", "httpx2", "httpcore2", "hpack", "websockets"):
        logging.getLogger(name).setLevel(logging.WARNING)
