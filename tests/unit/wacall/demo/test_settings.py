"""What the demo decides before anything runs: which OpenAI, which ports, which words."""

import re
import socket
from pathlib import Path

import pytest
import yaml

from controlplane.core.callee import read_callee
from shared.call.call import Direction
from shared.profiles.folder import Profiles
from simulators.openai.scenario import load_scenario
from simulators.speech.ear import plain_words
from wacall.demo.brain import choose_brain
from wacall.demo.demo import AlreadyRunning, alone
from wacall.demo.screenplay import Screenplay
from wacall.demo.settings import decide, phone_address
from wacall.demo.stage import invent_caller
from wacall.stack.openai import SCENARIO


def test_without_a_key_openai_is_simulated() -> None:
    """The simulator's address and a made-up key go to the parts."""
    settings = decide({"OPENAI_REALTIME_MODEL": "mine"}, choose_brain({}))
    own = settings.environment
    assert own["OPENAI_BASE_URL"] == f"http://127.0.0.1:{settings.openai_port}/v1"
    assert own["OPENAI_API_KEY"] == "sk-simulated"
    assert "OPENAI_REALTIME_MODEL" not in own


@pytest.mark.parametrize(
    "configured",
    [{"OPENAI_API_KEY": "sk-mine"}, {"OPENAI_BASE_URL": "http://10.0.0.1/v1"}],
    ids=["key", "base-url"],
)
def test_a_configured_openai_is_used(configured: dict[str, str]) -> None:
    """A key means the real one, a base URL means that one; nothing of it is changed."""
    brain = choose_brain(configured)
    settings = decide(configured, brain)
    assert not brain.is_simulated
    assert settings.openai_port == 0
    assert configured.items() <= settings.environment.items()


def test_an_operators_whatsapp_account_is_left_alone() -> None:
    """Real tokens never reach a part of the demo, nor does a real Graph host."""
    configured = {
        "WA_ACCESS_TOKEN": "real",
        "WA_APP_SECRET": "real",
        "WA_GRAPH_BASE_URL": "https://graph.facebook.com",
        "WA_GRAPH_VERSION": "v1.0",
    }
    own = decide(configured, choose_brain({})).environment
    assert "real" not in own.values()
    assert own["WA_GRAPH_BASE_URL"].startswith("http://127.0.0.1:")
    assert "WA_GRAPH_VERSION" not in own


def test_a_taken_port_gives_way() -> None:
    """It is a demo: another port will do, and is told of."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        settings = decide({"PORT": str(port)}, choose_brain({}))
    assert settings.port == 0
    assert str(port) in settings.notes[0]


def test_a_malformed_port_is_named() -> None:
    """The sentence names the variable."""
    with pytest.raises(ValueError, match="PORT is malformed"):
        decide({"PORT": "four"}, choose_brain({}))


def test_other_servers_are_told_of() -> None:
    """Whoever set them sees that the demo uses them, and no foreign worker takes the call."""
    configured = {"LIVEKIT_URL": "ws://127.0.0.1:7880", "SUPABASE_URL": "http://127.0.0.1:1"}
    settings = decide(configured, choose_brain({}))
    assert len([note for note in settings.notes if "is set" in note]) == 2
    assert settings.environment["AGENT_NAME"].startswith("demo-")
    assert phone_address("ws://127.0.0.1:7880") == "127.0.0.1"


def test_two_demos_do_not_share_a_directory(tmp_path: Path) -> None:
    """The second one says so instead of breaking the first."""
    with alone(tmp_path):
        with pytest.raises(AlreadyRunning, match="--data-dir"), alone(tmp_path):
            pass
    with alone(tmp_path):
        pass


def test_the_screenplay_follows_the_scenario() -> None:
    """Every line has its reply, and the lead is what the caller said."""
    play = Screenplay.of(load_scenario(SCENARIO))
    assert len(play.replies) == len(play.lines)
    assert play.lead["name"] == "Martin"
    assert "two bikes" in play.lead["interest"]
    assert [tool for tool, _ in play.tools] == ["upsertLead", "logOutcome"]


def test_a_line_may_break_off_anywhere() -> None:
    """The grammar has every beginning of the line."""
    play = Screenplay.of(load_scenario(SCENARIO))
    assert play.broken_off("Yes, a helmet.").rule == "yes [ a [ helmet ] ]"


@pytest.mark.parametrize(
    ("edit", "complaint"),
    [
        (("barge_in: true", "barge_in: false"), "barge_in"),
        (("tool: upsertLead", "tool: other"), "upsertLead"),
    ],
)
def test_a_scenario_that_shows_too_little_is_refused(
    tmp_path: Path, edit: tuple[str, str], complaint: str
) -> None:
    """The demo has to show an interruption and a lead."""
    file = tmp_path / "scenario.yaml"
    file.write_text(SCENARIO.read_text().replace(*edit))
    with pytest.raises(ValueError, match=complaint):
        Screenplay.of(load_scenario(file))


def test_the_callback_is_what_the_shipped_prompt_asks_for() -> None:
    """The agent's prompt quotes the greeting that the simulated OpenAI waits for."""
    play = Screenplay.of_callback(load_scenario(SCENARIO))
    assert play is not None
    profile = Profiles().named("default")
    assert plain_words(play.greeting) in plain_words(profile.greeting_for(Direction.OUTBOUND))
    assert len(play.replies) == len(play.lines) == 2


def test_a_call_back_says_only_what_its_scenario_says(tmp_path: Path) -> None:
    """Question and context are the scenario's, so that another one tells of nobody else's shop."""
    ours = Screenplay.of_callback(load_scenario(SCENARIO))
    assert ours is not None
    assert "Harbor Bikes" in ours.question
    assert ours.context["name"] == "Martin"
    file = tmp_path / "other.yaml"
    content = yaml.safe_load(SCENARIO.read_text())
    del content["callback"]["question"], content["callback"]["context"]
    file.write_text(yaml.safe_dump(content))
    other = Screenplay.of_callback(load_scenario(file))
    assert other is not None
    assert (other.question, other.context) == ("May we call you back?", {})


def test_the_demo_is_its_own_operator() -> None:
    """The key is new in every run, and the simulated person may be called at any hour."""
    configured = {"CONTROLPLANE_API_KEY": "own", "CALL_HOURS": "Mo 09:00-09:01"}
    first, second = (decide(configured, choose_brain({})).environment for _ in range(2))
    assert len({"own", first["CONTROLPLANE_API_KEY"], second["CONTROLPLANE_API_KEY"]}) == 3
    assert first["CALL_HOURS"] == "always"


def test_every_demo_calls_somebody_new() -> None:
    """No ledger of an earlier demo knows them, and nobody has the number."""
    people = [invent_caller() for _ in range(20)]
    assert len({person.user_id for person in people}) == 20
    assert all(re.fullmatch(r"1\d{3}55501\d\d", person.phone) for person in people)
    for person in people:
        read_callee(f"+{person.phone}")
        read_callee(person.user_id)
