"""Logging: a constant sentence per message, data in `extra`, and a last net for personal data."""

import json
import logging
import re
import sys
from datetime import UTC, datetime
from types import TracebackType
from typing import Literal

from shared.process.of_call import OfItsCall

# What must never be read in a log, whoever wrote it: Meta's call ids (phone numbers in base64),
# session descriptions, tokens, phone numbers. The code does not log them; this catches libraries.
_SECRETS = (
    (re.compile(r"wacid\.[A-Za-z0-9+/=_-]+"), "wacid.[hidden]"),
    (re.compile(r"eyJ[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]+(?:\.[A-Za-z0-9_-]+)?"), "[token hidden]"),
    (re.compile(r"(?i)\bbearer\s+\S+"), "Bearer [hidden]"),
    (re.compile(r"v=0(?:\r?\n|\\r\\n|\\n).*", re.DOTALL), "[sdp hidden]"),
    (re.compile(r"a=(?:ice-pwd|ice-ufrag|fingerprint|candidate):[^\r\n\\]*"), "[sdp hidden]"),
    # E.164 with or without `+`: 8 to 15 digits that are no part of a longer word or UUID
    (re.compile(r"(?<![\w.:/-])\+?\d{8,15}(?![\w-])"), "[number hidden]"),
)

_STANDARD = frozenset(logging.makeLogRecord({}).__dict__) | {"message", "asctime", "taskName"}


def redact(text: str) -> str:
    """Hide what looks like a phone number, call id, session description or token."""
    for pattern, substitute in _SECRETS:
        text = pattern.sub(substitute, text)
    return text


def _extras(record: logging.LogRecord) -> dict[str, object]:
    return {
        key: value if isinstance(value, int | float | bool | None) else str(value)
        for key, value in record.__dict__.items()
        if key not in _STANDARD and not key.startswith("_")
    }


class TextFormatter(logging.Formatter):
    """One line for a person: time, level, sentence, key=value."""

    def format(self, record: logging.LogRecord) -> str:
        """Format and redact."""
        moment = datetime.fromtimestamp(record.created, UTC).strftime("%H:%M:%S.%f")[:-3]
        extras = " ".join(f"{key}={value}" for key, value in _extras(record).items())
        line = f"{moment} {record.levelname:<7} {record.getMessage()}"
        line = redact(f"{line} {extras}".rstrip())
        if record.exc_info:
            line += "\n" + redact(self.formatException(record.exc_info))
        return line


class JsonFormatter(logging.Formatter):
    """One JSON object per line."""

    def format(self, record: logging.LogRecord) -> str:
        """Format and redact every string."""
        fields: dict[str, object] = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": record.getMessage(),
            **_extras(record),
        }
        if record.exc_info:
            fields["exception"] = self.formatException(record.exc_info)
        clean = {
            key: redact(value) if isinstance(value, str) else value for key, value in fields.items()
        }
        return json.dumps(clean, ensure_ascii=False)


def without_text(error: Exception) -> tuple[type[Exception], Exception, TracebackType | None]:
    """Return a foreign exception as `exc_info`: its kind and its place, which give nobody away.

    Its text may carry anything.
    """
    kept = RuntimeError(f"{type(error).__name__} (text withheld)")
    return RuntimeError, kept, error.__traceback__


def configure(level: str, style: Literal["text", "json"]) -> None:
    """Send all logging to stdout in one style, through the redaction."""
    handler = logging.StreamHandler(sys.stdout)
    handler.setFormatter(JsonFormatter() if style == "json" else TextFormatter())
    handler.addFilter(OfItsCall())
    logging.basicConfig(level=level, handlers=[handler], force=True)
    # their INFO lines repeat every request's URL; ours say what matters
    for noisy in ("httpx", "httpcore", "hpack", "aiohttp.access"):
        logging.getLogger(noisy).setLevel(logging.WARNING)
