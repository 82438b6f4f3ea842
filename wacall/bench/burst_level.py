"""What became of calls that came at the same instant. Pure data."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass, field

from wacall.bench.percentile import percentile

REFUSED_WITHIN_MS = 1000.0
"""Whoever cannot be answered should be told so within this."""


@dataclass(frozen=True, slots=True, kw_only=True)
class BurstLevel:
    """One burst; times in milliseconds from the `connect` webhook."""

    calls: int
    to_accept: Sequence[float] = field(default=())
    """Of those that were answered, until their `accept` was."""
    to_reject: Sequence[float] = field(default=())
    """Of those that were refused, until `reject` reached Meta."""
    heard: int = 0
    """How many of the answered ones heard the agent."""
    cut: int = 0
    """How many of the answered ones were ended by somebody else than their caller."""
    given_up: int = 0
    """How many were admitted, and ended before they were answered."""
    undecided: int = 0
    """How many were neither answered nor refused while they were watched."""

    @property
    def answered(self) -> int:
        """How many were answered."""
        return len(self.to_accept)

    @property
    def refused(self) -> int:
        """How many were refused."""
        return len(self.to_reject)

    @property
    def is_refused_in_time(self) -> bool:
        """Whether the last refusal came in time; so it is if nobody was refused."""
        return max(self.to_reject, default=0.0) < REFUSED_WITHIN_MS

    @property
    def problem(self) -> str | None:
        """What must not be, whatever the machine, in a sentence."""
        if not (self.cut or self.given_up or self.undecided):
            return None
        return (
            f"Of {self.calls} calls at the same instant {self.cut} were cut after `accept`, "
            f"{self.given_up} were given up in their set-up, and {self.undecided} rang on; all of "
            "these must be 0."
        )

    def to_json(self) -> dict[str, object]:
        """Write it with every value."""
        return {
            **asdict(self),
            "to_accept": sorted(round(value, 1) for value in self.to_accept),
            "to_reject": sorted(round(value, 1) for value in self.to_reject),
            "answered": self.answered,
            "refused": self.refused,
            "refused_in_time": self.is_refused_in_time,
        }


def burst_rows(levels: Sequence[BurstLevel]) -> list[list[str]]:
    """Draw the table's rows, one column a burst, the target last."""
    in_time = all(level.is_refused_in_time for level in levels)
    rows: list[list[str]] = [
        ["calls at the same instant", *(str(level.calls) for level in levels), "target"],
        ["answered", *(str(level.answered) for level in levels), ""],
        *(
            [f"  to accept, ms: {name}", *(_at(level.to_accept, percent) for level in levels), ""]
            for name, percent in (("p50", 50), ("p95", 95), ("max", 100))
        ),
        ["  heard the agent", *(str(level.heard) for level in levels), ""],
        ["refused", *(str(level.refused) for level in levels), ""],
        ["  to reject, ms: p50", *(_at(level.to_reject, 50) for level in levels), ""],
        [
            "  to reject, ms: max",
            *(_at(level.to_reject, 100) for level in levels),
            f"< {REFUSED_WITHIN_MS:g}: {'met' if in_time else 'MISSED'}",
        ],
    ]
    for name, values in (
        ("admitted and given up", [level.given_up for level in levels]),
        ("cut after accept", [level.cut for level in levels]),
        ("neither answered nor refused", [level.undecided for level in levels]),
    ):
        verdict = "MISSED" if any(values) else "met"
        rows.append([name, *map(str, values), f"must be 0: {verdict}"])
    return rows


def _at(values: Sequence[float], percent: int) -> str:
    return f"{percentile(values, percent):.0f}" if values else ""
