"""Replies that are asked for: one at a time, until each was heard or will not be."""

from typing import Any

import pytest

from agents.media.bridge.asks import Ask, Asks
from agents.media.voice import CannotSpeak
from tests.unit.agents.media.bridge.openai_events import (
    Clocked,
    buffer,
    created,
    done,
    event,
    spoken,
)

BUSY = "conversation_already_has_active_response"


class Asking(Clocked):
    """Requests, and what of them has been sent."""

    def __init__(self) -> None:
        super().__init__()
        self.sent: list[dict[str, Any]] = []
        self.asks = Asks(self.dialogue, self.sent.append)

    def ask(self, *, waits: bool = False, yields: bool = False) -> Ask:
        return self.asks.ask(Ask({"x": 1}, waits=waits, yields=yields), self.now)

    def take(self, *events: dict[str, Any], after: float = 0.0) -> None:
        super().take(*events, after=after)
        self.asks.look(self.now)

    def wait(self, seconds: float) -> None:
        super().wait(seconds)
        self.asks.look(self.now)


@pytest.fixture
def talk() -> Asking:
    return Asking()


def test_a_request_is_sent_and_followed_to_its_end(talk: Asking) -> None:
    """OpenAI is given a word by which its response is known."""
    ask = talk.ask()
    (sent,) = talk.sent
    assert sent["type"] == "response.create"
    assert sent["response"] == {"x": 1, "metadata": {"ask": ask.id}}
    talk.take(created("r", ask.id))
    assert ask.response is not None
    assert talk.asks.of(ask.response) is ask
    talk.speak("r", "a", "Hello.")
    assert not ask.is_over
    talk.take(buffer("stopped", "r"), after=1)
    assert ask.is_over
    assert ask.exception() is None
    assert not ask.interrupted
    assert talk.asks.is_idle


def test_another_response_comes_first(talk: Asking) -> None:
    """OpenAI makes one at once."""
    talk.take(created("own"))
    talk.ask()
    assert not talk.sent
    talk.take(done("own"))
    assert len(talk.sent) == 1


def test_two_are_sent_one_after_the_other(talk: Asking) -> None:
    """The second when the first has been made; it need not have been heard."""
    first, second = talk.ask(), talk.ask()
    assert len(talk.sent) == 1
    talk.take(created("r", first.id))
    talk.speak("r", "a", "Hello.")
    assert [sent["event_id"] for sent in talk.sent] == [first.id, second.id]
    talk.take(created("s", second.id), done("s"))
    talk.take(buffer("stopped", "r"), after=1)
    assert first.is_over
    assert second.is_over


def test_a_patient_one_waits_until_all_is_heard(talk: Asking) -> None:
    """So that nothing is said on top."""
    talk.speak("r", "a", "Hello.")
    talk.ask(waits=True)
    assert not talk.sent
    talk.take(buffer("stopped", "r"), after=1)
    assert len(talk.sent) == 1


def test_who_speaks_comes_first(talk: Asking) -> None:
    """What waited is dropped if it yields; the rest waits for the answer to them."""
    talk.speak("r", "a", "Hello.")
    yielding, stubborn = talk.ask(waits=True, yields=True), talk.ask(waits=True)
    talk.take(event("input_audio_buffer.speech_started", item_id="u"))
    assert yielding.interrupted
    assert yielding.is_over
    talk.take(buffer("cleared", "r"), event("input_audio_buffer.speech_stopped", item_id="u"))
    talk.wait(1.1)
    assert not talk.sent
    talk.take(created("answer"), done("answer"))
    assert [sent["event_id"] for sent in talk.sent] == [stubborn.id]


def test_an_answer_that_never_comes_holds_nobody_up(talk: Asking) -> None:
    """OpenAI has understood nothing: five seconds."""
    talk.take(event("input_audio_buffer.speech_started", item_id="u"))
    talk.take(event("input_audio_buffer.speech_stopped", item_id="u"))
    talk.ask()
    assert not talk.sent
    talk.wait(5.5)
    assert len(talk.sent) == 1


def test_a_refusal_for_another_response_is_tried_again(talk: Asking) -> None:
    """Of which we had not heard yet; not at once, for it may take a moment."""
    ask = talk.ask()
    assert talk.asks.refused(ask.id, BUSY, talk.now)
    talk.asks.look(talk.now)
    assert len(talk.sent) == 1
    talk.take(created("own"), after=0.1)
    talk.wait(1)
    assert len(talk.sent) == 1
    talk.take(done("own"))
    assert [sent["event_id"] for sent in talk.sent] == [ask.id, ask.id]


def test_any_other_refusal_ends_it(talk: Asking) -> None:
    """And is none of a stranger's."""
    ask = talk.ask()
    assert not talk.asks.refused("another", "invalid_value", talk.now)
    assert talk.asks.refused(ask.id, "invalid_value", talk.now)
    assert isinstance(ask.exception(), CannotSpeak)
    assert not talk.asks.refused(ask.id, "invalid_value", talk.now)


@pytest.mark.parametrize(
    ("status", "fails", "interrupted"), [("failed", True, False), ("cancelled", False, True)]
)
def test_a_response_that_was_not_made_is_told(
    talk: Asking, status: str, fails: bool, interrupted: bool
) -> None:
    """As a failure, or as cut off."""
    ask = talk.ask()
    talk.take(created("r", ask.id), done("r", spoken("a", "Hello."), status=status))
    talk.wait(1)
    assert ask.is_over
    assert (ask.exception() is not None) is fails
    assert ask.interrupted is interrupted


def test_nothing_comes_of_it_in_time(talk: Asking) -> None:
    """OpenAI has not even begun."""
    ask = talk.ask()
    talk.wait(5.5)
    assert isinstance(ask.exception(), CannotSpeak)


def test_a_lost_session_fails_what_was_asked_for(talk: Asking) -> None:
    """Whoever asked knows what to tell the next one."""
    asks = [talk.ask(), talk.ask()]
    talk.asks.break_off()
    assert all(isinstance(ask.exception(), CannotSpeak) for ask in asks)
    assert talk.asks.is_idle
