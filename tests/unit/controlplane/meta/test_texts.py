"""What people say, in whatever kind of message they say it."""

import json
from typing import Any

import pytest

from controlplane.meta.events import TextReceived
from controlplane.meta.texts import verdict_of, words_of_message
from controlplane.meta.webhook import parse_stored, parse_webhook
from controlplane.stop.grammar import Verdict
from tests.paths import DATA

STOPS: dict[str, Any] = json.loads((DATA / "webhooks" / "stop.json").read_text())


def event_of(message: dict[str, Any]) -> TextReceived:
    value = {"messages": [{"from": "15550001111", "id": "wamid.1", **message}]}
    event = parse_stored({"entry_id": "1", "field": "messages", "value": value})
    assert isinstance(event, TextReceived)
    return event


@pytest.mark.parametrize("name", STOPS)
def test_a_stop_is_read_from_every_kind_of_message(name: str) -> None:
    """Taps count as what they say or as what they mean, an edit as what it has become."""
    (event,) = parse_webhook(json.dumps(STOPS[name]).encode())
    assert isinstance(event, TextReceived)
    assert verdict_of(event) is Verdict.STOP
    assert event.text not in repr(event)


@pytest.mark.parametrize(
    ("message", "verdict"),
    [
        ({"button": {"text": "Yes, call me", "payload": "call_me"}}, Verdict.NONE),
        ({"button": {"text": "Second bus stop", "payload": "bus_stop_2"}}, Verdict.NONE),
        ({"button": {"text": "Stop it John", "payload": "x1"}}, Verdict.PROBABLE),
        ({"button": {"payload": "stop_2"}}, Verdict.NONE),
        ({"button": {"payload": "STOP"}}, Verdict.STOP),
        ({"interactive": {"list_reply": {"id": "stop_7", "title": "Seventh"}}}, Verdict.NONE),
        ({"text": {"body": "Don't call me before nine"}}, Verdict.PROBABLE),
        ({"edit": {"message": {"text": {"body": "See you at the bus stop"}}}}, Verdict.NONE),
    ],
)
def test_a_choice_is_no_stop_because_its_payload_has_the_word(
    message: dict[str, Any], verdict: Verdict
) -> None:
    """Whoever names rows of a list names bus stops as well; only a whole STOP counts there."""
    assert verdict_of(event_of(message)) is verdict


@pytest.mark.parametrize(
    "message",
    [{}, {"image": {"id": "1"}}, {"edit": {}}, {"edit": {"message": {"image": {}}}},
     {"interactive": {"button_reply": []}}, {"button": "STOP"}, {"text": {"body": " "}}],
)  # fmt: skip
def test_a_message_without_words_says_nothing(message: dict[str, Any]) -> None:
    """Pictures, and shapes that are none of Meta's."""
    assert words_of_message(message) is None
