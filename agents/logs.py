"""What livekit-agents may say in our log: sentences, but nothing of what people said."""

import logging
import re
import time

from shared.call.room import call_id_of_room

_log = logging.getLogger(__name__)

# Extras under which the framework logs whole protocol messages: metadata of the job (what the
# operator handed over), raw events, tokens.
_WHOLE_MESSAGES = frozenset(
    {"job", "job_request", "job_request_fnc", "event", "ws_data", "data", "resp", "params"}
)
# LiveKit's Rust side reports this as three errors whenever a room is left.
_GOODBYE = "closed unexpectedly"
# telemetry/loop_monitor.py: "event loop blocked for 132ms at ...; synchronous work on ...", and a
# stack beside it, whatever the machine was busy with.
_STOOD_STILL = re.compile(r"event loop blocked for (\d+)ms")
# What LiveKit's audio source holds ahead of the network: a shorter stall nobody hears.
_HEARD_FROM_MS = 200
# What each process has to say, and the worker needs to hear from one: seconds of silence after it.
_SAID_EVERY_S = {"agent-stood-still": 60.0, "models-unlisted": 3600.0}
# A traceback, behind its sentence: job processes send their records to the worker as text.
_TRACEBACK = "\nTraceback (most recent call last):"
# What the framework thinks odd of a job that only waits: its agent is a leg of a media bridge.
_OF_THREADS = (
    "The room connection was not established within 10 seconds",
    "The job task completed without establishing a connection",
    # its thread only waits, and the machine is busy
    "job executor is unresponsive",
)
# The last line of a traceback that tells of a neighbour and not of a fault in a program.
_OF_A_NEIGHBOUR = re.compile(
    r"(?:[\w.]*\.)?(API(?:Connection|Status|Timeout)?Error|WSServerHandshakeError|"
    r"Client\w*Error|ServerDisconnectedError|TimeoutError)\b"
)
# OpenAI was reached and said no; the call's own line tells why (`agent-gave-up`).
_REFUSED = re.compile(r"WSServerHandshakeError: 4\d\d\b")


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


class OfItsRoom(logging.Filter):
    """Adds the call whose room a line of the framework is about; for the handler."""

    def filter(self, record: logging.LogRecord) -> bool:
        """Keep every record."""
        room = record.__dict__.get("room")
        if isinstance(room, str) and "call" not in record.__dict__:
            call = call_id_of_room(room)
            if call is not None:
                record.__dict__["call"] = call
        return True


class WithoutAlarm(logging.Filter):
    """Says in a sentence, or not at all, what the framework shows as stacks; for the handler.

    A traceback of a fault in a program stays whole.
    """

    def __init__(self) -> None:
        """Begin with nothing said."""
        super().__init__()
        self._said_at: dict[str, float] = {}

    def filter(self, record: logging.LogRecord) -> bool:
        """Drop what is said otherwise; cut off the tracebacks of what a neighbour did."""
        if not record.name.startswith("livekit"):
            action = record.__dict__.get("action")
            return action not in _SAID_EVERY_S or self._is_due(action, time.monotonic())
        text = record.getMessage()
        if text.startswith(_OF_THREADS):
            return False
        stall = _STOOD_STILL.match(text)
        if stall is not None:
            if int(stall[1]) >= _HEARD_FROM_MS:
                _log.warning(
                    "An agent's process stood still for a moment, and its voice may have "
                    "faltered: the machine is busier than its calls allow.",
                    extra={"action": "agent-stood-still", "stalled_ms": int(stall[1])},
                )
            return False
        if record.exc_info and _TRACEBACK not in text:
            trace = logging.Formatter().formatException(record.exc_info)
        else:
            text, _, trace = text.partition(_TRACEBACK)
        lines = trace.strip().splitlines()
        kind = _OF_A_NEIGHBOUR.match(lines[-1]) if lines else None
        if kind is None:
            return True
        if _REFUSED.search(trace):
            return False
        record.msg, record.args, record.exc_info, record.exc_text = text, None, None, None
        record.__dict__["error"] = kind[1]
        return True

    def _is_due(self, action: str, now: float) -> bool:
        said_at = self._said_at.get(action)
        if said_at is not None and now - said_at < _SAID_EVERY_S[action]:
            return False
        self._said_at[action] = now
        return True


def _is_private(key: str) -> bool:
    return ".pii" in key or key in _WHOLE_MESSAGES


def quieten(level: str) -> None:
    """Set the framework's levels and put the filters on every handler of the root logger."""
    for handler in logging.getLogger().handlers:
        handler.addFilter(WithoutPeople())
        handler.addFilter(WithoutAlarm())
        handler.addFilter(OfItsRoom())
    # LiveKit's Rust side: its INFO lines name hosts and its DEBUG lines carry tokens
    logging.getLogger("livekit").setLevel(logging.WARNING)
    for name in ("livekit.agents", "livekit.plugins.openai"):
        logging.getLogger(name).setLevel(level)
    for name in ("openai", "httpx", "httpcore", "httpx2", "httpcore2", "hpack", "websockets"):
        logging.getLogger(name).setLevel(logging.WARNING)
