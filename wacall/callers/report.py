"""What came of each caller, for people and for programs; pure."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from statistics import median
from typing import Any

from shared.call.measured_turn import MeasuredTurn
from simulators.callers.judge import Finding


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """One caller's call."""

    name: str
    about: str
    call_id: str = ""
    findings: tuple[Finding, ...] = ()
    turns: int = 0
    """Of the agent."""
    response_ms: int | None = None
    """Half of the answers came sooner; `None`: none was measured."""
    cost_usd: float | None = None
    """Of the model that spoke; `None`: a price is not known."""
    problem: str = ""
    """Why the call could not be held, or looked at; a sentence."""

    @property
    def holds(self) -> bool:
        """Whether the database holds what it should."""
        return not self.problem and all(finding.holds for finding in self.findings)

    def to_json(self) -> dict[str, Any]:
        """Return it for a program; docs/operations.md tells of the shape."""
        return {
            "name": self.name,
            "about": self.about,
            "call_id": self.call_id,
            "holds": self.holds,
            "findings": [finding.to_json() for finding in self.findings],
            "turns": self.turns,
            "response_ms": self.response_ms,
            "cost_usd": self.cost_usd,
            "problem": self.problem,
        }


def figures_of(turns: Sequence[MeasuredTurn]) -> dict[str, Any]:
    """Sum the agent's turns up: `turns`, `response_ms`, `cost_usd` of a `Result`."""
    answers = [turn.response_ms for turn in turns if turn.response_ms is not None]
    costs = [turn.cost_usd for turn in turns]
    known = [cost for cost in costs if cost is not None]
    return {
        "turns": len(turns),
        "response_ms": round(median(answers)) if answers else None,
        "cost_usd": round(sum(known), 6) if known and len(known) == len(costs) else None,
    }


def table(results: Sequence[Result]) -> list[str]:
    """Write a line for each caller, and below it what is not as it should be."""
    return [line for result in results for line in _lines(result)]


def _lines(result: Result) -> Iterator[str]:
    fits = sum(finding.holds for finding in result.findings)
    answer = "-" if result.response_ms is None else f"{result.response_ms} ms"
    cost = "-" if result.cost_usd is None else f"${result.cost_usd:.4f}"
    yield (
        f"{'ok  ' if result.holds else 'FAIL'} {result.name:<15} "
        f"{fits:>2} of {len(result.findings):>2} hold  {result.turns:>2} turns  "
        f"answers in {answer:>7}  {cost:>8}"
    )
    if result.problem:
        yield f"     {result.problem}"
    for finding in result.findings:
        if not finding.holds:
            yield f"     {finding.what}: wanted {finding.wanted}; there is {finding.found}"
