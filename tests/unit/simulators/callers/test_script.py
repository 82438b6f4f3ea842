"""Scripts of callers: what is refused, and that the shipped ten can be played."""

from datetime import date
from pathlib import Path

import pytest

from simulators.callers.script import (
    CallerScript,
    chosen,
    load_callers,
    scenario_of,
)
from simulators.openai.scenario import BadScenario
from simulators.openai.script import ScenarioScript

TODAY = date(2026, 11, 27)
SHIPPED = load_callers()
GOOD = """\
name: small
about: Says one thing.
lines:
  - say: My name is Martin.
model:
  - id: name
    hear: [My name is Martin.]
    call: [{tool: upsertLead, arguments: {name: Martin}}]
    say: Thank you.
expect:
  end_reason: [caller-hangup]
"""


def write(folder: Path, text: str, name: str = "small") -> Path:
    (folder / f"{name}.yaml").write_text(text, "utf-8")
    return folder


def test_ten_callers_are_shipped() -> None:
    """One of each kind that a line meets."""
    assert [script.name for script in SHIPPED] == [
        "abusive", "clear", "contradicting", "hangs-up", "hesitant", "interrupting", "off-purpose",
        "other-language", "silent", "wants-human",
    ]  # fmt: skip


@pytest.mark.parametrize("script", SHIPPED, ids=lambda script: script.name)
def test_every_line_of_a_shipped_caller_is_understood_as_this_callers(script: CallerScript) -> None:
    """By the one model that all of them talk with; and nothing is there that nobody says."""
    model = ScenarioScript(scenario_of(SHIPPED, greeting="Hello.", today=TODAY))
    heard = [model.hear(line.say, {}).turn for line in script.lines]
    assert heard == [f"{script.name}/{turn.id}" for turn in script.model]


def test_tomorrow_is_the_day_after_today() -> None:
    """In what the model gives a tool."""
    scenario = scenario_of(SHIPPED, greeting="Hello.", today=TODAY)
    (callback,) = [turn for turn in scenario.turns if turn.id == "clear/callback"]
    assert callback.call[0].arguments["due_at"] == "2026-11-28T10:00"


@pytest.mark.parametrize(
    ("old", "new", "line", "words"),
    [
        ("about: Says", "abuot: Says", 2, "abuot"),
        ("name: small", "name: Small One", 1, "name"),
        ("  - say: My name is Martin.", "  - say: ''", 4, "lines.0.say"),
        ("  - say: My", "  - pause_s: -1\n    say: My", 4, "lines.0.pause_s"),
        ("    hear: [My name is Martin.]", '    hear: ["(a"]', 1, "turns.0.hear.0"),
        ("tool: upsertLead", "tool: 5", 8, "model.0.call.0.tool"),
        ("end_reason: [caller-hangup]", "end_reason: []", 11, "expect.end_reason"),
        (
            "end_reason: [caller-hangup]",
            "end_reason: [caller-hangup]\n  follow_ups: [{channel: fax}]",
            12,
            "expect.follow_ups.0.channel",
        ),
        (
            "end_reason: [caller-hangup]",
            "end_reason: [caller-hangup]\n  no_lead: true\n  lead: {name: x}",
            12,
            "contradicts",
        ),
        ("lines:\n  - say: My name is Martin.\n", "", 1, "who says nothing"),
    ],
)
def test_what_is_wrong_is_told_with_file_line_and_field(
    tmp_path: Path, old: str, new: str, line: int, words: str
) -> None:
    """So that whoever writes a caller finds it."""
    assert old in GOOD
    with pytest.raises(BadScenario) as refused:
        load_callers(write(tmp_path, GOOD.replace(old, new)))
    message = str(refused.value)
    assert str(tmp_path / "small.yaml") in message
    assert f"line {line}: " in message
    assert words in message


def test_two_callers_share_neither_name_nor_phrase(tmp_path: Path) -> None:
    """Nobody could tell whose row, or whose turn, is meant."""
    write(tmp_path, GOOD)
    write(tmp_path, GOOD.replace("name: small", "name: other", 1), "other")
    with pytest.raises(BadScenario, match="a phrase of other, too"):
        scenario_of(load_callers(tmp_path), greeting="Hello.", today=TODAY)
    write(tmp_path, GOOD, "third")
    with pytest.raises(BadScenario, match="is another caller's"):
        load_callers(tmp_path)


def test_a_folder_without_callers_is_refused(tmp_path: Path) -> None:
    """Instead of a run in which all of nobody succeed."""
    with pytest.raises(BadScenario, match="no caller's script"):
        load_callers(tmp_path)


def test_callers_are_chosen_by_name() -> None:
    """Each once, in the order asked for; without a name it is all of them."""
    assert chosen(SHIPPED, []) == SHIPPED
    names = [script.name for script in chosen(SHIPPED, ["silent", "clear", "silent"])]
    assert names == ["silent", "clear"]
    with pytest.raises(BadScenario, match="no caller 'nobody'; there are abusive"):
        chosen(SHIPPED, ["nobody"])


def test_of_silent_callers_alone_no_model_is_made() -> None:
    """Nothing that anybody says could be answered; the sentence says what is missing."""
    with pytest.raises(BadScenario, match="`model`"):
        scenario_of(chosen(SHIPPED, ["silent"]), greeting="Hello.", today=TODAY)
