"""The report of scripted callers: a line each, what is missing below it, and the same as JSON."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from shared.call.ids import CallId
from shared.call.measured_turn import MeasuredTurn
from simulators.callers.judge import Finding
from wacall.callers.report import Result, figures_of, table

HOLDS = Finding(what="outcome", wanted="lead", found="lead", holds=True)
BROKEN = Finding(what="lead.name", wanted="martin", found="nothing", holds=False)
GOOD = Result(
    name="clear",
    about="Knows.",
    call_id="c-1",
    findings=(HOLDS,),
    turns=3,
    response_ms=812,
    cost_usd=0.04,
)


def turn(response_ms: int | None, cost_usd: float | None) -> MeasuredTurn:
    return MeasuredTurn(
        call_id=CallId("c"),
        number=1,
        began_at=datetime(2026, 11, 27, tzinfo=UTC),
        response_ms=response_ms,
        cost_usd=cost_usd,
    )


def test_what_holds_is_one_line() -> None:
    """With how long answers took, and what they cost."""
    (line,) = table([GOOD])
    assert line == "ok   clear            1 of  1 hold   3 turns  answers in  812 ms   $0.0400"


def test_what_is_missing_stands_below() -> None:
    """With what was wanted and what is there."""
    result = replace(GOOD, findings=(HOLDS, BROKEN), response_ms=None, cost_usd=None)
    first, second = table([result])
    assert first.startswith("FAIL clear")
    assert "1 of  2 hold" in first
    assert second.strip() == "lead.name: wanted martin; there is nothing"


@pytest.mark.parametrize("result", [GOOD, replace(GOOD, findings=())])
def test_a_call_that_could_not_be_held_never_holds(result: Result) -> None:
    """Whatever the database says of it."""
    lost = replace(result, problem="The call was not answered.")
    assert result.holds
    assert not lost.holds
    assert "The call was not answered." in table([lost])[1]
    assert lost.to_json()["holds"] is False


def test_a_program_reads_everything() -> None:
    """The names are documented."""
    assert GOOD.to_json() == {
        "name": "clear",
        "about": "Knows.",
        "call_id": "c-1",
        "holds": True,
        "findings": [HOLDS.to_json()],
        "turns": 3,
        "response_ms": 812,
        "cost_usd": 0.04,
        "problem": "",
    }


@pytest.mark.parametrize(
    ("turns", "response_ms", "cost_usd"),
    [
        ([], None, None),
        ([turn(None, 0.01)], None, 0.01),
        ([turn(500, 0.01), turn(900, 0.02), turn(None, 0.01)], 700, 0.04),
        ([turn(500, 0.01), turn(600, None)], 550, None),
    ],
)
def test_figures_are_the_middle_and_the_sum(
    turns: list[MeasuredTurn], response_ms: int | None, cost_usd: float | None
) -> None:
    """One price that nobody knows, and the sum is none."""
    assert figures_of(turns) == {
        "turns": len(turns),
        "response_ms": response_ms,
        "cost_usd": cost_usd,
    }
