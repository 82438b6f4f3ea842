"""Every expectation can fail, and every shipped caller can."""

from dataclasses import replace
from typing import Any

import pytest

from simulators.callers.judge import Picture, judge
from simulators.callers.script import CallerScript, Expected, load_callers

SHIPPED = load_callers()
EMPTY = Picture(end_reason="openai-unreachable")
GOOD = Picture(
    end_reason="agent-hangup",
    outcome="lead",
    lead={"name": "Robert", "interest": "Three bikes"},
    follow_ups=(("call", "follow-up"), ("task", "human-request")),
    off_purpose_turns=2,
    interrupted=1,
    turns=3,
)
WANTED: dict[str, Any] = {
    "end_reason": ("caller-hangup", "agent-hangup"),
    "outcome": ("lead",),
    "lead": {"name": "robert", "interest": ""},
    "follow_ups": ({"channel": "call"}, {"kind": "human-request"}),
    "human_request": True,
    "off_purpose_turns": 2,
    "off_purpose_at_most": 2,
    "interrupted": 1,
    "turns": 3,
}


def broken(expected: Expected, picture: Picture) -> list[str]:
    return [finding.what for finding in judge(expected, picture) if not finding.holds]


def test_what_is_as_expected_holds() -> None:
    """All of it is looked at."""
    findings = judge(Expected.model_validate(WANTED), GOOD)
    assert all(finding.holds for finding in findings)
    assert len(findings) == len(WANTED) + 3  # two columns, two follow-ups, and no do-not-call
    assert findings[0].to_json() == {
        "what": "end_reason",
        "wanted": "caller-hangup or agent-hangup",
        "found": "agent-hangup",
        "holds": True,
    }


@pytest.mark.parametrize(
    ("change", "what"),
    [
        ({"end_reason": "model-lost"}, ["end_reason"]),
        ({"end_reason": None}, ["end_reason"]),
        ({"outcome": "resolved"}, ["outcome"]),
        ({"outcome": None}, ["outcome"]),
        ({"lead": None}, ["lead.name", "lead.interest"]),
        ({"lead": {"name": "Thomas", "interest": "x"}}, ["lead.name"]),
        ({"follow_ups": (("task", "human-request"),)}, ["follow_ups"]),
        ({"follow_ups": (("call", "follow-up"),)}, ["follow_ups", "human_request"]),
        ({"do_not_call": True}, ["do_not_call"]),
        ({"off_purpose_turns": 1}, ["off_purpose_turns"]),
        ({"off_purpose_turns": 3}, ["off_purpose_turns"]),
        ({"interrupted": 0}, ["interrupted"]),
        ({"turns": 2}, ["turns"]),
    ],
)
def test_each_difference_is_found(change: dict[str, Any], what: list[str]) -> None:
    """And nothing else is blamed."""
    assert broken(Expected.model_validate(WANTED), replace(GOOD, **change)) == what


def test_what_must_not_be_there_is_found() -> None:
    """A lead of somebody who wanted nothing, a person whom nobody asked for."""
    expected = Expected(end_reason=("agent-hangup",), no_lead=True, human_request=False)
    assert broken(expected, GOOD) == ["lead", "human_request"]
    assert broken(expected, replace(GOOD, lead=None, follow_ups=())) == []


@pytest.mark.parametrize("script", SHIPPED, ids=lambda script: script.name)
def test_no_shipped_caller_is_content_with_a_call_that_came_to_nothing(
    script: CallerScript,
) -> None:
    """Even where it ended as it should, something of its purpose is missed; but not by silence."""
    assert "end_reason" in broken(script.expect, EMPTY)
    ended = replace(EMPTY, end_reason=script.expect.end_reason[0])
    assert bool(broken(script.expect, ended)) == bool(script.lines)


@pytest.mark.parametrize("script", SHIPPED, ids=lambda script: script.name)
def test_every_shipped_caller_misses_what_is_gone(script: CallerScript) -> None:
    """A database that holds everything of everybody fits none of them."""
    everything = Picture(
        end_reason="max-duration",
        outcome="wrong_number",
        lead={"name": "Nobody"},
        do_not_call=not script.expect.do_not_call,
        off_purpose_turns=9,
        turns=9,
    )
    assert {"end_reason", "do_not_call"} <= set(broken(script.expect, everything))
