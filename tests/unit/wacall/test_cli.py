"""The command line: which commands there are, and what becomes of mistakes."""

import subprocess
import sys
from pathlib import Path

import pytest

from wacall import cli
from wacall.environment import LOOPBACK, free_port
from wacall.stack import up
from wacall.stack.stack import StackPlan

COMPLETE = {
    "WA_VERIFY_TOKEN": "verify",
    "WA_APP_SECRET": "secret",
    "WA_ACCESS_TOKEN": "token",
    "WA_PHONE_NUMBER_ID": "1",
    "OPENAI_API_KEY": "key",
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


def test_help_names_every_command(capsys: pytest.CaptureFixture[str]) -> None:
    """`--help` exits 0 and lists them all."""
    assert cli.main(["--help"]) == 0
    out = capsys.readouterr().out
    assert all(name in out for name in [*cli.COMMANDS, *cli.SERVICES, *cli.SIMULATORS])


@pytest.mark.parametrize("command", ["up", "controlplane", "agent"])
def test_a_missing_variable_is_one_sentence(command: str, tmp_path: Path) -> None:
    """Without configuration a command exits 2 with one line that names a variable."""
    done = subprocess.run(
        [sys.executable, "-m", "wacall.cli", command],
        env={"PATH": "/usr/bin:/bin", "PYTHONPATH": str(Path(cli.__file__).parents[1])},
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
        timeout=30,
    )
    assert done.returncode == 2, done.stderr
    assert len(done.stderr.splitlines()) == 1
    assert " is not set" in done.stderr
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


def test_a_configured_sfu_needs_its_keys(tmp_path: Path) -> None:
    """LIVEKIT_URL set: its keys are the operator's to give."""
    with pytest.raises(ValueError, match="LIVEKIT_API_KEY"):
        plan_of({**COMPLETE, "LIVEKIT_URL": "ws://sfu"}, tmp_path)


def test_a_port_that_was_asked_for_is_binding(tmp_path: Path) -> None:
    """A port from the environment is taken as it is, 0 for any."""
    port = free_port()
    assert plan_of({**COMPLETE, "SFU_PORT": str(port)}, tmp_path).sfu_ports.http == port
    assert plan_of({**COMPLETE, "SFU_UDP_PORT": "0"}, tmp_path).sfu_ports.udp == 0


def test_no_secret_in_a_plans_repr(tmp_path: Path) -> None:
    """Plans may be shown in a traceback; what they were configured with may not."""
    assert "WA_ACCESS_TOKEN" not in repr(plan_of(COMPLETE, tmp_path))
