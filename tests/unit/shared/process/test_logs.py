"""The last net for personal data, and the two formats."""

import json
import logging

import pytest

from shared.process.logs import JsonFormatter, TextFormatter, redact, without_text


@pytest.mark.parametrize(
    "text",
    [
        "call wacid.HBgLMTMxNzU1NTEzOTkVAgARGBI= ended",
        "called +15551234567 again",
        "called 15551234567",
        "Authorization: Bearer EAAsomething",
        "token eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJjYWxsZXIifQ.c2ln",
        "offer v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\na=ice-pwd:secret",
        "line a=ice-pwd:secretsecret",
    ],
)
def test_what_must_not_be_read_is_hidden(text: str) -> None:
    """Ids of Meta's, numbers, tokens and session descriptions do not survive."""
    clean = redact(text)

    assert "hidden" in clean
    for secret in ("HBgL", "5551234567", "EAA", "eyJ", "secret"):
        assert secret not in clean


@pytest.mark.parametrize(
    "text",
    [
        "call 0b0e3c1e-9a57-4f3c-9a52-123456789012 answered",
        "listening on 127.0.0.1:50000",
        "ms=1234.5 status=active",
        "livekit-server 1.13.5",
    ],
)
def test_what_helps_is_kept(text: str) -> None:
    """Our own ids, addresses and measures stay readable."""
    assert redact(text) == text


def record(**extra: object) -> logging.LogRecord:
    made = logging.makeLogRecord({"name": "controlplane", "levelno": 20, "levelname": "INFO"})
    made.msg = "Call ended."
    made.__dict__.update(extra)
    return made


def test_both_formats_carry_the_extras_redacted() -> None:
    """The sentence, then the data, then nothing personal."""
    event = record(action="call-ended", call="c-1", ms=12.5, to="+15551234567")

    text = TextFormatter().format(event)
    data = json.loads(JsonFormatter().format(event))

    assert "Call ended. action=call-ended call=c-1 ms=12.5 to=[number hidden]" in text
    assert data["message"] == "Call ended."
    assert data["ms"] == 12.5
    assert data["to"] == "[number hidden]"


def test_a_foreign_exception_is_told_by_its_kind_and_place() -> None:
    """Neither its text nor that of what caused it, which may be anybody's words."""
    words = "Bob"
    try:
        raise ValueError(words) from KeyError(words)
    except ValueError as error:
        written = JsonFormatter().format(record(exc_info=without_text(error)))

    assert "ValueError (text withheld)" in written
    assert "test_logs.py" in written
    assert "Bob" not in written
