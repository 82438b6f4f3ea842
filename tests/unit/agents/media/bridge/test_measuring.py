"""What the turns of a call take, as OpenAI and the leg tell of it."""

import time
from datetime import UTC, datetime
from typing import Any

from agents.media.bridge.measuring import Measuring
from agents.media.bridge.voice_state import VoiceState
from agents.media.measures import Measures
from agents.media.turn_fold import TurnFold
from shared.bridge.events import Happening, LegEvent
from tests.unit.agents.media.bridge.openai_events import created, event

STATE = VoiceState(
    bridge="http://127.0.0.1:1",
    leg="leg",
    openai_call="rtc_1",
    model="gpt-realtime",
    generation=1,
    expires_at=0.0,
    measured=4,
    measured_parts=("r1",),
)


def told_by(measuring: Measuring, kind: Happening, at: float, **data: Any) -> None:
    moment = datetime.fromtimestamp(at, UTC)
    measuring.leg_told(LegEvent(seq=1, at=moment, leg="leg", happening=kind, data=data))


def test_a_legs_word_comes_by_our_clock() -> None:
    """The bridge may be on a machine whose clock is an hour off."""
    told: list[Measures] = []
    measuring = Measuring(TurnFold(silence_ms=200), told.append)
    began = time.time()
    measuring.speak_with("gpt-realtime-2.1")
    measuring.openai_told(event("input_audio_buffer.speech_stopped", item_id="u"), began)
    measuring.openai_told(created("r"), began)
    told_by(measuring, Happening.TALK_BEGAN, began - 3600)
    measuring.openai_told(event("input_audio_buffer.speech_started", item_id="v"), time.time())
    told_by(measuring, Happening.TALK_ENDED, began + 3600, ago_ms=0)
    told_by(measuring, Happening.DIGIT, began)
    measuring.finish()
    (turn,) = told
    assert turn.response_ms is not None
    assert 200 <= turn.response_ms < 2200
    assert turn.barge_in_ms is not None
    assert turn.barge_in_ms < 2000
    assert turn.model == "gpt-realtime-2.1"


def test_what_is_told_again_comes_by_the_time_that_it_was() -> None:
    """Whoever takes a call over is told of what was, all at once."""
    told: list[Measures] = []
    measuring = Measuring(TurnFold(silence_ms=200), told.append)
    measuring.resume(STATE)
    assert measuring.state() == {"measured": 4, "measured_parts": ("r1",)}
    then = time.time() - 60
    measuring.openai_told(event("input_audio_buffer.speech_stopped", item_id="u"), then)
    measuring.openai_told(created("r2"), then + 0.1)
    told_by(measuring, Happening.TALK_BEGAN, then + 0.5)
    measuring.break_off()
    measuring.finish()
    (turn,) = told
    assert (turn.number, turn.response_ms) == (5, 700)


def test_first_words_that_go_on_are_told_by_whoever_hears_them() -> None:
    """Not by whoever is told of them again."""
    for is_resumed in (False, True):
        lasted: list[float] = []
        measuring = Measuring(TurnFold(silence_ms=200), lambda _: None, lasted.append)
        if is_resumed:
            measuring.resume(STATE)
        measuring.openai_told(event("input_audio_buffer.speech_started", item_id="u"), 10.0)
        measuring.openai_told(event("input_audio_buffer.speech_stopped", item_id="u"), 19.0)
        assert lasted == ([] if is_resumed else [9.0])
