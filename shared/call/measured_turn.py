"""What one of the agent's turns took and cost. Pure data, and none of it personal."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from shared.call.ids import CallId


@dataclass(frozen=True, slots=True, kw_only=True)
class MeasuredTurn:
    """One row of `turns`: written once, when nothing of the turn can change any more."""

    call_id: CallId
    number: int
    """Order within the call, from 1, unique."""
    began_at: datetime
    """When the person had finished; of a turn that answers nobody, when it was begun."""
    response_ms: int | None = None
    """From the end of the person's speech to the agent's first audio at our side."""
    model_ms: int | None = None
    """The model's own time inside it."""
    barge_in_ms: int | None = None
    """From the person's speaking over it to the agent's last packet."""
    transcribed: bool | None = None
    """Whether what the person said got a transcript; `None`: they said nothing."""
    tokens: Mapping[str, float] = field(default_factory=dict)
    """By kind (`shared.prices`); and `transcription_s`, in seconds."""
    cost_usd: float | None = None
    """`None`: the price is not known."""
    model: str | None = None
