"""What of the framework's own logging is let through."""

import logging
from collections.abc import Callable

import pytest
from aiohttp import RequestInfo, WSServerHandshakeError
from livekit.agents import APIConnectionError
from multidict import CIMultiDict, CIMultiDictProxy
from yarl import URL

from agents.logs import OfItsRoom, WithoutAlarm, WithoutPeople

CALL = "0b0e3c1e-9a57-4f3c-9a52-0d7e4a3c2b11"


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


STALL = "event loop blocked for %.0fms%s; synchronous work on the agent loop delays audio"


def stall(milliseconds: float) -> logging.LogRecord:
    made = record(STALL, stack="File one\n  File two\n", task="main")
    made.args = (milliseconds, " at x.py:1")
    return made


def test_a_stall_that_is_heard_is_said_once_a_minute(caplog: pytest.LogCaptureFixture) -> None:
    """One sentence without a stack for many; none for what LiveKit's queue covers."""
    calm = WithoutAlarm()
    assert not any(calm.filter(stall(at)) for at in (132.4, 199, 240, 900, 2400))
    # they pass the filter on the handler in turn
    (said,) = [made for made in caplog.records if calm.filter(made)]
    assert (said.__dict__["action"], said.__dict__["stalled_ms"]) == ("agent-stood-still", 240)
    assert "stack" not in said.__dict__


def test_what_every_process_says_is_said_by_one() -> None:
    """The list of models is fetched by each idle process; another action is not held back."""
    calm = WithoutAlarm()
    unlisted = [record("no list", "agents.models", action="models-unlisted") for _ in range(3)]
    assert [calm.filter(made) for made in unlisted] == [True, False, False]
    others = [record("lost", "agents.supervision", action="agent-died") for _ in range(2)]
    assert all(calm.filter(made) for made in others)


def raised(error: Exception) -> Exception:
    try:
        raise error
    except Exception as caught:
        return caught


def handshake(status: int) -> Exception:
    url = URL("ws://openai.test/v1/realtime")
    about = RequestInfo(url, "GET", CIMultiDictProxy(CIMultiDict()), url)
    refused = raised(WSServerHandshakeError(about, (), status=status, message="Invalid"))
    try:
        raise APIConnectionError("OpenAI Realtime API client connection error") from refused
    except APIConnectionError as caught:
        return caught


def as_sent(made: logging.LogRecord) -> logging.LogRecord:
    """What a job process makes of a record before it goes to the worker."""
    made.msg, made.exc_info, made.exc_text = logging.Formatter().format(made), None, None
    return made


@pytest.mark.parametrize("sent", [lambda made: made, as_sent], ids=["here", "job process"])
@pytest.mark.parametrize(
    ("error", "remains"),
    [
        (handshake(401), None),
        (handshake(429), None),
        (handshake(503), "APIConnectionError"),
        (APIConnectionError("lost"), "APIConnectionError"),
        (TimeoutError(), "TimeoutError"),
        (ValueError("of a program"), "traceback"),
    ],
)
def test_a_neighbours_failure_is_a_sentence(
    sent: Callable[[logging.LogRecord], logging.LogRecord],
    error: Exception,
    remains: str | None,
) -> None:
    """A refusal is told by the call's own line; a fault of a program keeps its traceback."""
    made = record("OpenAI Realtime API connection failed, retrying in 1.0s")
    seen = raised(error)
    made.exc_info = (type(seen), seen, seen.__traceback__)
    made = sent(made)
    kept = WithoutAlarm().filter(made)
    assert kept is (remains is not None)
    text = logging.Formatter().format(made)
    if remains == "traceback":
        assert "Traceback" in text
    elif remains is not None:
        assert text == "OpenAI Realtime API connection failed, retrying in 1.0s"
        assert made.__dict__["error"] == remains


def test_our_own_tracebacks_stay() -> None:
    """Only the framework's are looked at."""
    made = record("ours\nTraceback (most recent call last):\nTimeoutError", name="agents.session")
    assert WithoutAlarm().filter(made)
    assert "Traceback" in made.getMessage()


@pytest.mark.parametrize(
    ("text", "is_said"),
    [
        (
            "The room connection was not established within 10 seconds after calling job_entry.",
            False,
        ),
        ("The job task completed without establishing a connection or performing a proper", False),
        ("job executor is unresponsive", False),
        ("process is unresponsive", True),
    ],
)
def test_a_job_that_only_waits_is_nothing_odd(text: str, is_said: bool) -> None:
    """Its agent is a leg of a media bridge; of a process that decodes the same would be a fault."""
    assert WithoutAlarm().filter(record(text)) is is_said


@pytest.mark.parametrize(
    ("extra", "call"),
    [
        ({"room": "wa-0b0e3c1e-9a57-4f3c-9a52-0d7e4a3c2b11"}, CALL),
        ({"room": "wa-0b0e3c1e-9a57-4f3c-9a52-0d7e4a3c2b11", "call": "another"}, "another"),
        ({"room": "wa-Ada"}, None),
        ({"room": object()}, None),
        ({}, None),
    ],
)
def test_a_line_about_a_calls_room_names_the_call(
    extra: dict[str, object], call: str | None
) -> None:
    """The framework's lines before a job has begun, such as `received job request`."""
    line = record("received job request")
    line.__dict__.update(extra)
    assert OfItsRoom().filter(line)
    assert line.__dict__.get("call") == call
