"""What of the framework's own logging is let through."""

import logging

from agents.logs import WithoutPeople


def record(message: str, name: str = "livekit.agents", **extra: object) -> logging.LogRecord:
    return logging.getLogger(name).makeRecord(
        name, logging.WARNING, "file", 1, message, (), None, extra=extra
    )


def test_sentences_stay_and_words_go() -> None:
    """Extras with what people said, or with whole messages, are dropped; the others stay."""
    said = record("a tool failed", **{"lk.pii.arguments": "Ada"}, job="Ada", function="upsertLead")
    assert WithoutPeople().filter(said)
    assert "Ada" not in str(said.__dict__)
    assert said.__dict__["function"] == "upsertLead"


def test_every_goodbye_is_no_error() -> None:
    """The Rust side's complaint about a room that was left is not worth a line; others are."""
    noise = record("publisher data channel '_lossy' closed unexpectedly", name="livekit")
    assert not WithoutPeople().filter(noise)
    assert WithoutPeople().filter(record("engine failed", name="livekit"))
