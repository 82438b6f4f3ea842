"""What the turns of a call take, as OpenAI and the leg tell of it; and how it was begun."""

import time
from collections.abc import Callable
from typing import Any

from agents.media.bridge.voice_state import VoiceState
from agents.media.first_speech import FirstSpeech
from agents.media.measures import Measures
from agents.media.turn_fold import TurnFold
from shared.bridge.events import Happening, LegEvent


class Measuring:
    """Feeds a fold of turns, and tells of each that is over."""

    def __init__(
        self,
        fold: TurnFold,
        tell: Callable[[Measures], None],
        long_speech: Callable[[float], None] = lambda _: None,
        heard: Callable[[float], None] = lambda _: None,
    ) -> None:
        """Take the fold, and who is told: of turns, of first words that go on and on, of talk."""
        self._fold, self._tell, self._long_speech = fold, tell, long_speech
        self._heard = heard
        self._first = FirstSpeech()
        self._is_resumed = False

    def state(self) -> dict[str, Any]:
        """Return what `VoiceState` needs to know of it."""
        return {"measured": self._fold.number, "measured_parts": tuple(self._fold.told)}

    def resume(self, state: VoiceState) -> None:
        """Go on after another process."""
        self._is_resumed = True
        self._fold.resume(state.measured, state.measured_parts)

    def speak_with(self, model: str) -> None:
        """Learn of the model of the session."""
        self._fold.model = model

    def openai_told(self, event: dict[str, Any], at: float) -> None:
        """Take an event of OpenAI's that was not here before."""
        self._fold.take(event, at)
        lasted_s = self._first.take(event, at)
        # what is told again was heard by the process before this one
        if lasted_s is not None and not self._is_resumed:
            self._long_speech(lasted_s)
        for measures in self._fold.settle(at):
            self._tell(measures)

    def leg_told(self, event: LegEvent) -> None:
        """Take an event of the leg's."""
        if event.happening not in (Happening.TALK_BEGAN, Happening.TALK_ENDED):
            return
        # as `Link` has it: what is told as it happens has happened now, by our clock
        now = time.time()
        at = min(now, event.at.timestamp()) if self._is_resumed else now
        if event.happening is Happening.TALK_BEGAN:
            self._fold.talk_began(at)
            self._heard(at)
        else:
            self._fold.talk_ended(at - event.ago_ms / 1000)

    def break_off(self) -> None:
        """Learn that the session is lost."""
        self._fold.break_off()

    def finish(self) -> None:
        """Tell of what is left: the call is over."""
        for measures in self._fold.finish():
            self._tell(measures)
