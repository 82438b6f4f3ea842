"""How long the person's first words were: a machine talks on, a person says hello. Pure.

A guess and no more: it makes the model look twice, which then decides by what it has heard.
"""

from collections.abc import Mapping
from typing import Any

# a recording takes breath as people do; who waits for an answer pauses longer
_PAUSE_S = 1.5
LONG_S = 7.0
"""Longer than people introduce themselves on the telephone."""


class FirstSpeech:
    """The person's first words in a call, folded from OpenAI's events."""

    def __init__(self) -> None:
        """Begin with nothing heard."""
        self._began_at: float | None = None
        self._ended_at: float | None = None
        self._is_over = False

    def take(self, event: Mapping[str, Any], at: float) -> float | None:
        """Take an event; return how many seconds it has lasted once that is long, once."""
        if self._is_over:
            return None
        match event.get("type"):
            case "input_audio_buffer.speech_started":
                if self._ended_at is not None and at - self._ended_at > _PAUSE_S:
                    self._is_over = True
                self._began_at = at if self._began_at is None else self._began_at
            case "input_audio_buffer.speech_stopped" if self._began_at is not None:
                self._ended_at = at
                if at - self._began_at >= LONG_S:
                    self._is_over = True
                    return at - self._began_at
        return None
