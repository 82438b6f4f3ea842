"""How many calls there may be: ceilings that an operator sets, counted in the database."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Ceilings:
    """Ceilings of all replicas together; 0 is none."""

    calls: int = 0
    """Live calls, of either direction."""
    per_caller: int = 0
    """Live calls of one person."""
    per_caller_per_hour: int = 0
    """Inbound calls of one person within an hour; those that were refused do not count."""
