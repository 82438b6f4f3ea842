"""What one of the agent's turns took and used; pure data. Times are seconds of the wall clock."""

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True, kw_only=True)
class Measures:
    """A turn that is over: what was said to the agent, if anything, and what it made of it."""

    number: int
    """Order within the call, from 1."""
    began_at: float
    """When the person had finished; of a turn that answers nobody, when it was begun."""
    response_ms: int | None = None
    """From the end of the person's speech to the agent's first audio at our side."""
    model_ms: int | None = None
    """From when OpenAI knew that the person had finished to its first audio."""
    barge_in_ms: int | None = None
    """From when OpenAI noticed the person speaking over it to the agent's last packet."""
    transcribed: bool | None = None
    """Whether what the person said got a transcript; `None`: they said nothing."""
    tokens: Mapping[str, float] = field(default_factory=dict)
    """By kind (`shared.prices`); and `transcription_s`."""
    model: str | None = None
