"""Words that are spoken already, in the model's own voice: what can be said without a model."""

from dataclasses import dataclass, field
from typing import Protocol


@dataclass(frozen=True, slots=True, kw_only=True)
class Clip:
    """A few words as sound."""

    name: str
    """Of its file, by what it is made of (`agents.clips.key`)."""
    text: str = field(repr=False)
    sound: bytes = field(repr=False)
    """Ogg Opus, in frames of 20 ms."""
    ms: int
    """How long it sounds."""


class Clips(Protocol):
    """The clips in one voice."""

    def find(self, text: str) -> Clip | None:
        """Return these words; `None`: they were not spoken yet."""


class NoClips:
    """Nothing was spoken yet."""

    def find(self, text: str) -> Clip | None:
        """Return nothing."""
