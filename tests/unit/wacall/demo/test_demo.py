"""What the demo says of itself before and after."""

import asyncio
import io
import re
from pathlib import Path

import pytest

from tests.unit.wacall.demo.flawless import good_evidence
from wacall import cli
from wacall.demo.check import Check
from wacall.demo.demo import (
    NO_BRIDGE,
    WHAT_NOW,
    DemoPlan,
    DemoResult,
    alone,
    conclude,
    keep_open,
    stand_ins,
)
from wacall.demo.narration import Screen
from wacall.environment import REPOSITORY
from wacall.stack.stack import lock_directory


@pytest.mark.parametrize(
    ("configured", "said"),
    [
        ({}, "Meta, the phone and Supabase are stand-ins"),
        ({"SUPABASE_URL": "https://p.supabase.co"}, "Meta and the phone are stand-ins"),
    ],
)
def test_what_is_a_stand_in_is_said_first(configured: dict[str, str], said: str) -> None:
    """Nobody is to think that a real telephone rings."""
    assert stand_ins(configured).startswith("Nobody's telephone rings: ")
    assert said in stand_ins(configured)


@pytest.mark.parametrize(("holds", "tells"), [(True, True), (False, False)])
def test_a_good_end_says_what_to_do_now(holds: bool, tells: bool) -> None:
    """After a failure the logs are what matters."""
    out = io.StringIO()
    checks = (Check(name="one", holds=holds, expected="this", seen="that"),)
    result = DemoResult(evidence=good_evidence(), checks=checks, started_s=3.0, not_run=NO_BRIDGE)
    plan = DemoPlan(configured={}, data_dir=Path("logs"))
    conclude(Screen(out), plan, result)
    assert ("What now: ring" in out.getvalue()) is tells


async def test_what_is_kept_open_is_shown_until_somebody_stops_it() -> None:
    """Where the dashboard is, and how to get in; being told to stop is no failure."""
    out = io.StringIO()
    keeping = asyncio.create_task(keep_open(Screen(out), "http://127.0.0.1:4000/dashboard/", "key"))
    await asyncio.sleep(0)
    assert not keeping.done()
    keeping.cancel()
    await keeping
    assert "The dashboard: http://127.0.0.1:4000/dashboard/\n" in out.getvalue()
    assert "The key to sign in: key\n" in out.getvalue()


def test_what_was_told_already_is_not_told_again() -> None:
    """Its exit code is that of what was told."""
    checks = (Check(name="one", holds=True, expected="this", seen="that"),)
    result = DemoResult(evidence=good_evidence(), checks=checks, started_s=3.0)
    assert result.code is None
    plan = DemoPlan(configured={}, data_dir=Path("logs"), keeps=True)
    assert conclude(Screen(io.StringIO()), plan, result) == 0


def test_what_it_says_is_there() -> None:
    """The heading of the README, and each command, with no option that nobody has."""
    readme = (REPOSITORY / "README.md").read_text("utf-8")
    quoted = re.findall(r"`([^`]+)`", WHAT_NOW)
    commands = [text for text in quoted if text.startswith(".venv/bin/wacall ")]
    (heading,) = (text for text in quoted if text not in commands)
    assert f"\n## {heading}\n" in readme
    assert commands
    for command in commands:
        name, *options = command.removeprefix(".venv/bin/wacall ").split()
        assert name in cli.COMMANDS
        # the README says the same of them
        assert not options or command in readme


def test_the_demo_does_not_keep_its_own_stack_out(tmp_path: Path) -> None:
    """Both hold the data directory, each for its own kind."""
    with alone(tmp_path), lock_directory(tmp_path):
        pass
