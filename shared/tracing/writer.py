"""What whoever measures tells of it; `shared.tracing.spans` writes it into traces."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol

from shared.tracing.allowed import Value


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """The last part of something that took time: both ended together."""

    name: str
    seconds: float
    attributes: Mapping[str, Value] = field(default_factory=dict)


class SpanWriter(Protocol):
    """Nothing here blocks or raises; names and attributes are those of `shared.tracing.allowed`."""

    def done(
        self,
        name: str,
        seconds: float,
        attributes: Mapping[str, Value],
        *,
        is_well: bool = True,
        call_id: str | None = None,
        ended_at: float | None = None,
        parts: Sequence[Part] = (),
    ) -> None:
        """Write what has just ended, or ended at `ended_at` (Unix time), and took so long.

        Of the call that the running task works for, if none is given; of none, it is not written.
        """

    def call_ended(
        self,
        call_id: str,
        began_at: datetime,
        ended_at: datetime,
        attributes: Mapping[str, Value],
    ) -> None:
        """Write the root of a call's trace; to be told once, by whoever ended the call."""
