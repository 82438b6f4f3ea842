"""What a terminal shows of texts from outside, times and people."""

import pytest

from wacall.operators.display import (
    clock,
    moment,
    on_one_line,
    person_of,
    reason_in_words,
    seconds,
)


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("Zoë 李", "Zoë 李"),
        ("two\r\nlines", "two lines"),
        ("\x1b[2J\x1b]0;mine\x07red", "[2J ]0;mine red"),
        ("\x9b31mred", "31mred"),
        ("abc\u202edcba", "abc dcba"),
        ("line\u2028end", "line end"),
        (7, "7"),
    ],
)
def test_texts_from_outside_command_no_terminal(text: object, shown: str) -> None:
    """A profile's name or a caller's words can hold what a terminal obeys or turns around."""
    assert on_one_line(text) == shown


def test_times_are_short() -> None:
    """Days and seconds in lists, milliseconds on a timeline."""
    assert moment("2026-03-01T12:00:30.123456+00:00") == "2026-03-01 12:00:30"
    assert clock("2026-03-01T12:00:30.123456+00:00") == "12:00:30.123"
    assert clock("2026-03-01T12:00:30+00:00") == "12:00:30.000"
    assert moment(None) == clock(None) == seconds(None) == "-"
    assert seconds(63.4) == "63 s"


@pytest.mark.parametrize(
    ("caller", "shown"),
    [
        ({"name": "Zoë\x1b", "phone": "15550001111", "user_id": "US.1"}, "Zoë, +15550001111, US.1"),
        ({"name": None, "phone": None, "user_id": "US.1"}, "US.1"),
        ({"name": None, "phone": None, "user_id": None}, "unknown"),
    ],
)
def test_a_person_is_whatever_is_known(caller: dict[str, str | None], shown: str) -> None:
    """Hidden numbers and missing names leave the rest."""
    assert person_of({"caller": caller}) == shown


@pytest.mark.parametrize(
    ("reason", "direction", "said"),
    [
        ("caller-hangup", "inbound", "caller hung up"),
        ("caller-hangup", "outbound", "callee hung up"),
        ("agent-hangup", "outbound", "agent hung up"),
        ("operator-hangup", "inbound", "operator hung up"),
        ("media-lost", "inbound", "media lost"),
    ],
)
def test_who_hung_up_is_named_as_what_they_were(reason: str, direction: str, said: str) -> None:
    """On a placed call the person at the phone is no caller."""
    assert reason_in_words(reason, direction) == said
