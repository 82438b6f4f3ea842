"""What a check is."""

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """One thing that had to hold."""

    name: str
    holds: bool
    expected: str
    seen: str = field(repr=False)
