"""Scenario files, their phrases, and the scripts that follow what was heard."""

import pytest

from simulators.openai.faults import Faults
from simulators.openai.scenario import BadScenario, load_scenario
from simulators.openai.script import FreeTalk, ScenarioScript, after_tools, is_refusal
from simulators.speech.phrase import BadPhrase, Phrase
from tests import paths

SHIPPED = paths.ROOT / "simulators" / "scenarios" / "harbor-bikes.yaml"
SLOTS = {"name": ["Martin", "Mary Ann"], "day": ["Saturday"]}
TOOLS = {"upsertLead": {"name", "interest"}}

GOOD = """\
name: small
greeting: Hello
slots:
  name: [Martin]
turns:
  - id: who
    hear: ["my name is {name}"]
    call:
      - tool: upsertLead
        arguments: {name: "{name}"}
    say: Thank you, {name}
"""


def test_phrase_reads_values_and_restores_spelling():
    """Recognised words become the author's spelling, with the values of the slots."""
    phrase = Phrase("(Hello | Hi) [there], my name is {name}!", SLOTS)
    match = phrase.match("hi my name is mary ann".split())
    assert match is not None
    assert match.written == "Hi, my name is Mary Ann!"
    assert match.values == {"name": "Mary Ann"}
    assert phrase.match("hello there my name is martin".split()) is not None
    assert phrase.match("hello there my name is".split()) is None
    assert phrase.match("hello my name is martin please".split()) is None
    assert phrase.rule() == "( hello | hi ) [ there ] my name is ( martin | mary ann )"


@pytest.mark.parametrize(
    "pattern", ["(a | b", "[a", "a )", "(a ]", "{nobody} a", "( | a)", "...", "a | b", ""]
)
def test_broken_phrases_are_refused(pattern):
    """Brackets must pair, slots must have values, and something must be said."""
    with pytest.raises(BadPhrase):
        Phrase(pattern, SLOTS)


@pytest.mark.parametrize(
    ("old", "new", "line", "words"),
    [
        ("greeting: Hello", "greetings: Hello", 2, "greetings"),
        ("greeting: Hello\n", "", 1, "greeting"),
        ("name: small", "name: Small One", 1, "name"),
        ('"my name is {name}"', '"my name is {who}"', 7, "{who}"),
        ('"my name is {name}"', '"my name"', 7, "{name}"),
        ("tool: upsertLead", "tool: 5", 9, "turns.0.call.0.tool"),
        ("say: Thank", "says: Thank", 11, "says"),
        ("turns:", "turns: {}\nother:", 6, "other"),
        ("[Martin]", "[Martin", 5, "expected"),
    ],
)
def test_errors_name_line_and_field(tmp_path, old, new, line, words):
    """A mistake in a scenario file is reported with its line and field."""
    assert old in GOOD
    path = tmp_path / "broken.yaml"
    path.write_text(GOOD.replace(old, new, 1))
    with pytest.raises(BadScenario) as refused:
        load_scenario(path)
    assert f"line {line}" in str(refused.value)
    assert words in str(refused.value)


def test_missing_file_is_named(tmp_path):
    """A file that is not there is reported by its name."""
    with pytest.raises(BadScenario, match=r"nowhere\.yaml"):
        load_scenario(tmp_path / "nowhere.yaml")


def test_shipped_scenario_answers_its_own_caller():
    """Every line of the shipped caller is understood, in order, and calls the right tools."""
    scenario = load_scenario(SHIPPED)
    script = ScenarioScript(scenario)
    moves = [script.hear(line.say, {}) for line in scenario.caller]
    assert [move.turn for move in moves] == ["reason", "wish", "helmets", "goodbye"]
    assert [call.tool for move in moves for call in move.calls] == ["upsertLead", "logOutcome"]
    assert moves[1].calls[0].arguments["name"] == "Martin"
    assert [line.barge_in for line in scenario.caller] == [False, False, True, False]


def test_shipped_scenario_answers_whom_the_business_calls():
    """The callback's greeting is said when it is asked for; its lines are understood."""
    scenario = load_scenario(SHIPPED)
    assert scenario.callback is not None
    script = ScenarioScript(scenario)
    hint = f'Greet, close to these words: "{scenario.callback.greeting}" Then wait.'
    assert script.greet(hint).say == scenario.callback.greeting
    assert script.greet("Greet the customer.").say == scenario.greeting
    moves = [script.hear(line.say, {}) for line in scenario.callback.callee]
    assert [move.turn for move in moves] == ["has-time", "confirmed"]
    assert [call.tool for move in moves for call in move.calls] == ["logOutcome"]


def test_script_follows_what_was_heard(tmp_path):
    """A turn may be skipped or come again; what fits nothing is not understood."""
    path = tmp_path / "two.yaml"
    path.write_text(
        "name: two\ngreeting: Hi\nturns:\n"
        "  - {id: a, hear: ['yes', one], say: A}\n"
        "  - {id: b, hear: ['yes', two], say: B}\n"
    )
    script = ScenarioScript(load_scenario(path))
    said = ["what", "yes", "yes", "yes", "one", "two"]
    assert [script.hear(text, {}).turn for text in said] == [None, "a", "b", "a", "a", "b"]
    assert not script.hear("what", {}).understood


def test_refused_tool_changes_the_answer():
    """If the tool reports an error, the agent does not claim success."""
    wish = ScenarioScript(load_scenario(SHIPPED)).hear(
        "my name is martin and i would like to rent two bikes on saturday", TOOLS
    )
    assert after_tools(wish, ["saved"]).say.startswith("Thank you, Martin.")
    assert after_tools(wish, ["Error: try again"]).say.startswith("I am sorry")
    assert is_refusal('{"error": "no"}')
    assert not is_refusal('{"ok": true}')


def test_free_talk_notes_a_name_only_with_a_tool_for_it():
    """A name is written down if a tool like upsertLead is on offer."""
    talk = FreeTalk()
    move = talk.hear("my name is martin and i want a bike", TOOLS)
    assert move.calls[0].arguments == {
        "name": "Martin",
        "interest": "My name is martin and I want a bike",
    }
    assert talk.hear("my name is martin", {}).calls == ()
    assert talk.greet('Say "Good day, sir."').say == "Good day, sir."
    assert "hello" in talk.hear("hello", TOOLS).say


def test_faults_are_used_up():
    """A counted fault strikes so many times; -1 never ends."""
    faults = Faults(refuse_connections=1, drop_replies=-1)
    struck, faults = faults.taken("refuse_connections")
    assert struck
    assert not faults.taken("refuse_connections")[0]
    assert faults.taken("drop_replies")[1].taken("drop_replies")[0]
