"""A Graph request as it came, and what became of it."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from simulators.meta.api.faults import FaultKind
from simulators.meta.rules.graph import Refusal


@dataclass(slots=True, kw_only=True)
class GraphRequest:
    """One request as it came; times from `time.monotonic()`."""

    method: str
    path: str
    received_at: float
    query: Mapping[str, str] = field(default_factory=dict, repr=False)
    content_type: str = ""
    raw: bytes = field(default=b"", repr=False)
    body: object = field(default=None, repr=False)
    """None: there is none, or it is no JSON."""
    action: str = ""
    wacid: str = field(default="", repr=False)
    status: int | None = None
    """None: no answer was sent."""
    answered_at: float | None = None
    refusal: Refusal | None = None
    fault: FaultKind | None = None
