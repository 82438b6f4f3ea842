"""The command line: which commands there are, and what becomes of mistakes."""

import contextlib
import importlib.metadata
import re
import subprocess
import sys
from pathlib import Path

import pytest

from wacall import cli, environment
from wacall.environment import LOOPBACK, free_port
from wacall.stack import up
from wacall.stack.simulated import simulated
from wacall.stack.stack import StackPlan
from wacall.stack.up import simulators_of

COMPLETE = {
    "WA_VERIFY_TOKEN": "verify",
    "WA_APP_SECRET": "secret",
    "WA_ACCESS_TOKEN": "token",
    "WA_PHONE_NUMBER_ID": "1",
    "OPENAI_API_KEY": "key",
}

LIVEKIT = ("LIVEKIT_URL", "LIVEKIT_API_KEY", "LIVEKIT_API_SECRET")
SUPABASE = ("SUPABASE_URL", "SUPABASE_SECRET_KEY")
NEEDED = {
    "up": tuple(COMPLETE),
    "controlplane": (*LIVEKIT, *SUPABASE, *list(COMPLETE)[:4]),
    "agent": (*LIVEKIT, *SUPABASE, "OPENAI_API_KEY"),
}


def plan_of(configured: dict[str, str], data_dir: Path) -> StackPlan:
    return up.make_plan(configured, data_dir=data_dir, with_agent=True, with_controlplane=True)


@pytest.mark.parametrize("argv", [["dance"], ["simulate"], ["simulate", "nobody"]])
def test_unknown_commands_list_the_known_ones(
    argv: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    """A command that does not exist exits 2 and shows what does."""
    assert cli.main(argv) == 2
    assert "simulate whatsapp" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("argv", "said"),
    [
        (["conset", "list"], "`wacall conset` is no command. Did you mean `wacall consent`?"),
        (["dance"], "`wacall dance` is no command."),
        (["simulate", "openia"], "`openia` is no simulator. Simulate what?"),
    ],
)
def test_an_unknown_word_is_repeated(
    argv: list[str], said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """Whoever mistyped sees it, and what is near."""
    assert cli.main(argv) == 2
    assert capsys.readouterr().err.startswith(said)


@pytest.mark.parametrize("name", [*cli.SERVICES, *cli.SIMULATORS, "call", "calls", "consent"])
def test_help_speaks_of_the_command_that_was_typed(
    name: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """Not of the module behind it."""
    typed = ["simulate", name] if name in cli.SIMULATORS else [name]
    with contextlib.suppress(SystemExit):
        cli.main([*typed, "--help"])
    said = capsys.readouterr().out
    assert said.startswith(f"usage: wacall {' '.join(typed)}")
    assert "python -m" not in said


def test_nothing_promises_real_calls(capsys: pytest.CaptureFixture[str]) -> None:
    """A newcomer must not fear that the demo rings somebody."""
    makefile = (environment.REPOSITORY / "Makefile").read_text()
    assert cli.main(["--help"]) == 0
    for text in (makefile, capsys.readouterr().out):
        assert "real calls" not in text
        assert re.search(r"demo.*simulated", text)


def test_simulate_alone_asks_what(capsys: pytest.CaptureFixture[str]) -> None:
    """One sentence with both; its help is the same, and no mistake."""
    assert cli.main(["simulate"]) == 2
    said = capsys.readouterr().err
    assert said.startswith("Simulate what? `wacall simulate whatsapp` (")
    assert "`wacall simulate openai` (" in said
    assert cli.main(["simulate", "--help"]) == 0
    assert "simulate openai" in capsys.readouterr().out


def test_the_version_is_told(capsys: pytest.CaptureFixture[str]) -> None:
    """As the package has it."""
    assert cli.main(["--version"]) == 0
    assert capsys.readouterr().out == f"wacall {importlib.metadata.version('wacall')}\n"


@pytest.mark.parametrize("command", ["up", "call", "consent", "database", "doctor", "simulate"])
def test_an_env_file_that_is_none_is_one_sentence(command: str, tmp_path: Path) -> None:
    """Whichever command reads it."""
    (tmp_path / ".env").write_bytes(b"NAME=B\xe4ckerei\n")
    more = {
        "call": ["+15551234567"],
        "consent": ["list"],
        "database": ["check"],
        "simulate": ["whatsapp", "--port", "1"],
    }
    done = run([command, *more.get(command, [])], tmp_path)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith(".env is not UTF-8: ")
    assert len(done.stderr.splitlines()) == 1


@pytest.mark.parametrize("module", ["controlplane", "agents"])
def test_the_services_read_it_alike(module: str, tmp_path: Path) -> None:
    """Also when they are started by Python itself, as the image does."""
    (tmp_path / ".env").write_bytes(b"NAME=B\xe4ckerei\n")
    done = run([], tmp_path, module=module)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith(".env is not UTF-8: ")


@pytest.mark.parametrize(
    "context", ["[" * 100_000, '{"a":' * 20_000, '{"a":' * 40 + "1" + "}" * 40]
)
def test_a_context_that_is_too_deep_is_a_sentence(context: str, tmp_path: Path) -> None:
    """No traceback, whatever Python's limit is."""
    done = run(["call", "+15551234567", "--context", context], tmp_path)
    assert done.returncode == 2
    assert "Traceback" not in done.stderr
    assert "argument --context: " in done.stderr


def run(
    arguments: list[str], directory: Path, module: str = "wacall.cli"
) -> subprocess.CompletedProcess[str]:
    """Run a command without configuration."""
    return subprocess.run(
        [sys.executable, "-m", module, *arguments],
        env={"PATH": "/usr/bin:/bin", "PYTHONPATH": str(Path(cli.__file__).parents[1])},
        cwd=directory,
        capture_output=True,
        text=True,
        check=False,
        # the imports of a worker, on a machine that does other things
        timeout=120,
    )


def test_help_names_every_command(capsys: pytest.CaptureFixture[str]) -> None:
    """`--help` exits 0 and lists them all."""
    assert cli.main(["--help"]) == 0
    out = capsys.readouterr().out
    assert all(name in out for name in [*cli.COMMANDS, *cli.SERVICES, *cli.SIMULATORS])


@pytest.mark.parametrize("command", ["up", "controlplane", "agent"])
def test_all_missing_variables_are_one_sentence(command: str, tmp_path: Path) -> None:
    """Without configuration a command exits 2 with one line that names every variable."""
    done = run([command], tmp_path)
    assert done.returncode == 2, done.stderr
    (sentence,) = done.stderr.splitlines()
    assert " are not set; put them into the environment or into .env" in sentence
    assert [name for name in NEEDED[command] if name not in sentence] == []


def test_what_is_missing_and_what_is_malformed_are_told_at_once(tmp_path: Path) -> None:
    """Once each, although control plane and agent read some of them both."""
    with pytest.raises(ValueError, match="WA_APP_SECRET") as caught:
        plan_of({**COMPLETE, "WA_APP_SECRET": "", "PORT": "x", "LOG_LEVEL": "loud"}, tmp_path)
    lines = str(caught.value).splitlines()
    assert [line.split()[0] for line in lines] == ["WA_APP_SECRET", "LOG_LEVEL", "PORT"]
    assert list(tmp_path.iterdir()) == []


def test_the_stack_supplies_what_is_not_configured(tmp_path: Path) -> None:
    """Neither LiveKit nor Supabase has to be configured for `up`."""
    plan = plan_of(COMPLETE, tmp_path)
    assert (plan.port, plan.sfu_node_ip) == (4000, LOOPBACK)
    assert plan.restarts


@pytest.mark.parametrize("name", COMPLETE)
def test_every_missing_variable_is_named(name: str, tmp_path: Path) -> None:
    """Each variable that cannot be supplied is asked for by its name."""
    configured = {key: value for key, value in COMPLETE.items() if key != name}
    with pytest.raises(ValueError, match=f"^{name} "):
        plan_of(configured, tmp_path)


@pytest.mark.parametrize(
    ("variable", "value", "said"),
    [
        ("AGENT_PROFILE", "bakery", "there is no profile bakery"),
        ("AGENT_PROMPT_FILE", "not-utf-8.md", "not UTF-8"),
        ("AGENT_PROMPT_FILE", "empty.md", "# instructions"),
        ("HOST", "999.1.1.1", "malformed"),
        ("HOST", "1.2.3", "malformed"),
        ("AGENT_HEALTH_HOST", "999.1.1.1", "malformed"),
        ("PORT", "x", "whole number"),
        ("SFU_NODE_IP", "my.host", "IP address"),
        ("SFU_NODE_IP", "999.1.1.1", "IP address"),
        ("BRIDGE_ADVERTISED_IP", "my.host", "IP address"),
        ("SFU_PORT", "x", "a port"),
        ("MEDIA_MUTE_S", "-1", "0 or more"),
    ],
)
def test_what_cannot_work_is_told_at_the_start(
    variable: str, value: str, said: str, tmp_path: Path
) -> None:
    """By the variable's name, and not by the first caller."""
    (tmp_path / "not-utf-8.md").write_bytes(b"# instructions\n\xe4")
    (tmp_path / "empty.md").write_text("")
    if value.endswith(".md"):
        value = str(tmp_path / value)
    with pytest.raises(ValueError, match=f"^{variable}.*{said}"):
        plan_of({**COMPLETE, variable: value}, tmp_path)


def test_a_configured_sfu_needs_its_keys(tmp_path: Path) -> None:
    """LIVEKIT_URL set: its keys are the operator's to give."""
    with pytest.raises(ValueError, match="LIVEKIT_API_KEY"):
        plan_of({**COMPLETE, "LIVEKIT_URL": "ws://sfu"}, tmp_path)


def test_a_port_that_was_asked_for_is_binding(tmp_path: Path) -> None:
    """A port from the environment is taken as it is, 0 for any."""
    port = free_port()
    assert plan_of({**COMPLETE, "SFU_PORT": str(port)}, tmp_path).sfu_ports.http == port
    assert plan_of({**COMPLETE, "SFU_UDP_PORT": "0"}, tmp_path).sfu_ports.udp == 0


def test_the_embedded_server_shows_metrics_where_it_is_told_to(tmp_path: Path) -> None:
    """Nowhere else: another port is another thing to guard."""
    assert plan_of(COMPLETE, tmp_path).sfu_prometheus_port is None
    told = {**COMPLETE, "SFU_PROMETHEUS_PORT": "6789"}
    assert plan_of(told, tmp_path).sfu_prometheus_port == 6789
    with pytest.raises(ValueError, match="SFU_PROMETHEUS_PORT is malformed"):
        plan_of({**COMPLETE, "SFU_PROMETHEUS_PORT": "x"}, tmp_path)


def test_no_secret_in_a_plans_repr(tmp_path: Path) -> None:
    """Plans may be shown in a traceback; what they were configured with may not."""
    assert "WA_ACCESS_TOKEN" not in repr(plan_of(COMPLETE, tmp_path))


def test_what_is_played_with_touches_nothing_real(tmp_path: Path) -> None:
    """`--simulate`: no line, key, database or server of .env is used, and nothing is missing."""
    real = {
        **COMPLETE, "LIVEKIT_URL": "wss://sfu.example", "LIVEKIT_API_KEY": "k",
        "LIVEKIT_API_SECRET": "s", "SUPABASE_URL": "https://db.example",
        "SUPABASE_SECRET_KEY": "sb", "BRIDGE_URL": "http://10.0.0.1:7890",
        "SFU_NODE_IP": "8.8.8.8", "HOST": "0.0.0.0", "WA_GRAPH_VERSION": "v99.0",
        "AGENT_VOICE": "sage", "CONTROLPLANE_API_KEY": "of-the-operator-0123",
    }  # fmt: skip
    own = simulated(real)
    assert [name for name, value in real.items() if own.get(name) == value] == [
        "AGENT_VOICE",
        "CONTROLPLANE_API_KEY",
    ]
    plan = plan_of(own, tmp_path)
    assert plan.sfu_node_ip == LOOPBACK
    simulators = simulators_of(plan)
    assert simulators.page == f"{own['WA_GRAPH_BASE_URL']}/sim"
    assert simulators.invitation.startswith(
        f"Open {simulators.page} and ring the agent. WhatsApp and OpenAI are simulated; nothing"
    )
    plan_of(simulated({}), tmp_path)


def test_profiles_numbers_have_no_business_with_the_real_meta(tmp_path: Path) -> None:
    """Whatever their variables are called, and hold."""
    (tmp_path / "shop.yaml").write_text(
        "business: Shop\npurpose: Sells things.\ngreeting: Hello, this is transcribed.\n"
        "numbers: [{id: '77', access_token: SHOP_TOKEN, app_secret: SHOP_SECRET}]\n"
    )
    (tmp_path / "shop.md").write_text("Sell things.\n")
    own = simulated({"PROFILES_DIR": str(tmp_path), "SHOP_TOKEN": "real", "SHOP_SECRET": "real"})
    assert own["SHOP_TOKEN"] == own["WA_ACCESS_TOKEN"]
    assert own["SHOP_SECRET"] == own["WA_APP_SECRET"]
    assert simulated({"PROFILES_DIR": str(tmp_path / "nothing")})["WA_ACCESS_TOKEN"]


def test_a_reader_that_has_enough_is_no_fault() -> None:
    """`wacall ... | head` ends quietly, as other programs do (SIGPIPE's exit code)."""
    argv = [sys.executable, "-m", "wacall.cli", "--help"]
    with subprocess.Popen(argv, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as program:
        assert program.stdout is not None
        assert program.stderr is not None
        program.stdout.close()
        assert program.stderr.read() == b""
    assert program.returncode == 128 + 13
