"""What is said in a call, folded from OpenAI's events, whatever their order."""

import pytest

from agents.media.bridge.utterances import Call
from tests.unit.agents.media.bridge.openai_events import (
    Clocked,
    buffer,
    created,
    cut_at,
    done,
    event,
    heard_item,
    message,
    speaks,
    spoken,
    transcript,
)


@pytest.fixture
def talk() -> Clocked:
    return Clocked()


def test_a_turn_is_told_when_it_has_been_heard(talk: Clocked) -> None:
    """Not when it has been made."""
    talk.speak("r", "a", "Hello there.")
    assert talk.said == []
    assert talk.dialogue.speaking(talk.now)
    talk.take(buffer("stopped", "r"), after=0.6)
    assert talk.said == [("assistant", "Hello there.", False)]
    assert not talk.dialogue.speaking(talk.now)
    assert talk.turns[0].at == pytest.approx(100.3)


def test_an_event_that_comes_twice_counts_once(talk: Clocked) -> None:
    """The sideband and the data channel tell the same."""
    again = event("response.output_audio_transcript.delta", item_id="a", delta="Hello")
    talk.take(created("r"), *speaks("r", "a", ""))
    assert talk.dialogue.take(again, talk.now)
    assert not talk.dialogue.take(again, talk.now)
    talk.take(buffer("started", "r"), buffer("cleared", "r"), cut_at("a", 5000))
    talk.take(done("r", status="cancelled"), after=5)
    assert len(talk.turns) <= 1


def test_what_the_caller_said_comes_before_its_answer(talk: Clocked) -> None:
    """Though its transcript comes when the answer has been heard."""
    talk.take(*heard_item("u"))
    talk.speak("r", "a", "Of course.")
    talk.take(buffer("stopped", "r"), after=1)
    assert talk.said == []
    talk.take(transcript("u", "A table, please."))
    assert talk.said == [("user", "A table, please.", False), ("assistant", "Of course.", False)]


def test_a_transcript_that_never_comes_holds_nobody_up_for_ever(talk: Clocked) -> None:
    """What comes after all is told then."""
    talk.take(*heard_item("u"))
    talk.speak("r", "a", "Of course.")
    talk.take(buffer("stopped", "r"), after=1)
    talk.wait(8)
    assert talk.said == [("assistant", "Of course.", False)]
    talk.take(transcript("u", "A table, please."))
    assert talk.said[1:] == [("user", "A table, please.", False)]


def test_a_failed_or_empty_transcript_is_no_turn(talk: Clocked) -> None:
    """And holds nobody up."""
    failed = event("conversation.item.input_audio_transcription.failed", item_id="u")
    talk.take(*heard_item("u"), failed, *heard_item("v"), transcript("v", " "))
    talk.speak("r", "a", "Hello?")
    talk.take(buffer("stopped", "r"), after=1)
    assert talk.said == [("assistant", "Hello?", False)]
    assert not talk.dialogue.is_hearing


def test_an_item_takes_its_place_whenever_it_is_told(talk: Clocked) -> None:
    """By the item before it."""
    talk.take(*heard_item("u"))
    talk.take(*heard_item("w", previous="v"))
    talk.take(*heard_item("v", previous="u"))
    talk.take(transcript("v", "two"), transcript("w", "three"), transcript("u", "one"))
    assert [text for _, text, _ in talk.said] == ["one", "two", "three"]


@pytest.mark.parametrize("is_done_first", [True, False])
def test_a_turn_that_was_cut_has_the_words_that_were_heard(
    talk: Clocked, is_done_first: bool
) -> None:
    """Whether OpenAI tells of the end or of the cut first."""
    talk.take(created("r"), *speaks("r", "a", "one two three four"))
    talk.take(buffer("started", "r"))
    talk.take(event("input_audio_buffer.speech_started", item_id="u"), after=1.0)
    cancelled = done(
        "r", spoken("a", "one two three four", "incomplete"), status="cancelled", audio_ms=2000
    )
    cut = [buffer("cleared", "r"), cut_at("a", 1000)]
    talk.take(*([cancelled, *cut] if is_done_first else [*cut, cancelled]))
    assert talk.said == [("assistant", "one two", True)]


def test_a_cut_of_which_openai_does_not_tell_more_is_taken_from_the_clock(talk: Clocked) -> None:
    """After a second."""
    talk.speak("r", "a", "one two three four", audio_ms=2000)
    talk.take(buffer("cleared", "r"), after=0.9)
    assert talk.said == []
    talk.wait(1.1)
    assert talk.said == [("assistant", "one two", True)]


def test_a_response_that_was_never_heard_is_no_turn(talk: Clocked) -> None:
    """Cancelled before its first sound."""
    talk.take(created("r"), *speaks("r", "a", "Hello."))
    talk.take(done("r", spoken("a", "Hello.", "incomplete"), status="cancelled"))
    talk.wait(0.4)
    assert talk.said == []
    assert not talk.dialogue.is_pending


def test_what_was_held_back_is_heard_later(talk: Clocked) -> None:
    """OpenAI believes it was heard; it is once it was released, and as long as it is."""
    talk.dialogue.released_at = None
    talk.speak("r", "a", "Hello there.")
    talk.take(buffer("stopped", "r"), after=0.9)
    talk.wait(30)
    assert talk.said == []
    talk.dialogue.released_at = talk.now
    talk.wait(0.9)
    assert talk.said == []
    talk.wait(0.2)
    assert talk.said == [("assistant", "Hello there.", False)]


def test_who_speaks_over_what_was_held_back_cuts_it(talk: Clocked) -> None:
    """OpenAI does not know: it is told."""
    talk.dialogue.released_at = None
    talk.speak("r", "a", "one two three four")
    talk.take(buffer("stopped", "r"), after=0.9)
    talk.wait(5)
    talk.dialogue.released_at = talk.now
    talk.take(event("input_audio_buffer.speech_started", item_id="u"), after=0.5)
    assert talk.said == [("assistant", "one two", True)]
    assert talk.dialogue.untold_cuts() == [("a", 500)]
    assert talk.dialogue.untold_cuts() == []


def test_a_stop_that_is_never_told_does_not_last_for_ever(talk: Clocked) -> None:
    """The sound is over by its length, and some."""
    talk.speak("r", "a", "Hello there.", audio_ms=1000)
    talk.wait(3.5)
    assert talk.said == []
    talk.wait(1)
    assert talk.said == [("assistant", "Hello there.", False)]


def test_text_that_is_told_is_a_turn_at_once(talk: Clocked) -> None:
    """A key that was pressed."""
    told = message("k", "user", "[The customer pressed the key 7.]", kind="input_text")
    talk.take(event("conversation.item.added", item=told, previous_item_id=None))
    assert talk.said == [("user", "[The customer pressed the key 7.]", False)]


def test_what_is_told_again_to_a_new_session_is_no_news(talk: Clocked) -> None:
    """Its ids say so."""
    told = message("again_2_0", "user", "Hello?", kind="input_text")
    talk.take(event("conversation.item.added", item=told, previous_item_id=None))
    assert talk.said == []


def test_a_lost_session_ends_what_was_being_said(talk: Clocked) -> None:
    """With the words that were heard; somebody is owed an answer."""
    talk.take(created("r"), *speaks("r", "a", "one two three four"))
    talk.take(buffer("started", "r"))
    talk.now += 0.6
    assert talk.dialogue.break_off(talk.now)
    talk.wait(0)
    assert talk.said == [("assistant", "one two", True)]
    assert talk.dialogue.active is None
    assert not talk.dialogue.break_off(talk.now)
    assert talk.dialogue.untold_cuts() == []


def test_who_has_spoken_is_owed_an_answer_by_the_next_session(talk: Clocked) -> None:
    """Though nothing was being said."""
    talk.take(*heard_item("u"))
    assert talk.dialogue.is_understanding
    assert talk.dialogue.break_off(talk.now)
    assert not talk.dialogue.is_hearing


def test_a_call_of_a_tool_is_to_be_run_once(talk: Clocked) -> None:
    """When its arguments are there, unless it has its answer."""
    call = {"id": "c", "type": "function_call", "call_id": "1", "name": "upsertLead"}
    begun = call | {"status": "in_progress", "arguments": ""}
    whole = call | {"status": "completed", "arguments": "{}"}
    talk.take(created("r"), event("response.output_item.added", response_id="r", item=begun))
    assert talk.dialogue.calls_to_run() == []
    talk.take(event("response.output_item.done", response_id="r", item=whole))
    (found,) = talk.dialogue.calls_to_run()
    assert (found.name, found.arguments) == ("upsertLead", "{}")
    response = talk.dialogue.response_of("c")
    assert response is not None
    assert talk.dialogue.calls_without_answer(response) == [found]
    output = {"id": "o", "type": "function_call_output", "call_id": "1", "output": "Done."}
    talk.take(event("conversation.item.done", item=output, previous_item_id="c"))
    assert talk.dialogue.calls_to_run() == []
    assert talk.dialogue.calls_without_answer(response) == []
    (told,) = talk.dialogue.history()
    assert isinstance(told, Call)
    assert told.output == "Done."


def test_an_answer_that_is_told_before_its_call_belongs_to_it(talk: Clocked) -> None:
    """Whoever comes later hears of them in any order."""
    output = {"id": "o", "type": "function_call_output", "call_id": "1", "output": "Done."}
    call = {"id": "c", "type": "function_call", "call_id": "1", "name": "x", "status": "completed"}
    talk.take(
        event("conversation.item.done", item=output), event("conversation.item.done", item=call)
    )
    assert talk.dialogue.calls_to_run() == []


@pytest.mark.parametrize(
    "junk",
    [
        {},
        {"type": None},
        {"type": "conversation.item.added"},
        {"type": "conversation.item.added", "item": {"type": "message", "role": "system"}},
        {"type": "conversation.item.truncated", "item_id": "x", "audio_end_ms": 5},
        {"type": "response.created", "response": None},
        {"type": "response.output_item.added", "item": "no"},
        {"type": "output_audio_buffer.started", "response_id": "nobody"},
        {"type": "conversation.item.deleted", "item_id": "nobody"},
    ],
)
def test_what_means_nothing_changes_nothing(talk: Clocked, junk: dict[str, object]) -> None:
    """Unknown kinds, missing parts, items that nobody knows."""
    talk.take(junk, junk)
    talk.wait(20)
    assert talk.said == []
    assert talk.dialogue.history() == []


def test_what_was_said_is_waited_for_until_it_is_transcribed(talk: Clocked) -> None:
    """From the first sound on, without a gap in between."""
    started, stopped, *added = heard_item("u")
    committed = event("input_audio_buffer.committed", item_id="u")
    for one in (started, stopped, committed, *added):
        talk.take(one)
        assert talk.dialogue.is_hearing, one["type"]
    talk.take(transcript("u", "Goodbye."))
    assert not talk.dialogue.is_hearing
