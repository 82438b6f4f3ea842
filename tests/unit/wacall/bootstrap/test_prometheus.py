"""The Prometheus of the tests: one that is there is used; without one a sentence says so."""

from collections.abc import Callable
from pathlib import Path

import pytest

from wacall.bootstrap import prometheus as bootstrap_prometheus
from wacall.bootstrap.prometheus import BY_HAND, PROGRAMS, find, prometheus
from wacall.bootstrap.step import Step
from wacall.bootstrap.tools import ROOT

Program = Callable[[str, str], None]


@pytest.fixture
def program(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Program:
    """Put a program on PATH, where nothing else is; the set-up works in an empty directory."""
    there = tmp_path / "path"
    there.mkdir()
    monkeypatch.setenv("PATH", f"{there}:/bin:/usr/bin")
    monkeypatch.setattr(bootstrap_prometheus, "_HOME", tmp_path / "prometheus")
    monkeypatch.setattr(bootstrap_prometheus, "TOOLS", tmp_path / "bin")

    def put(name: str, script: str) -> None:
        (there / name).write_text(f"#!/bin/sh\n{script}\n")
        (there / name).chmod(0o755)

    return put


def test_programs_that_are_there_are_used(
    program: Program, capsys: pytest.CaptureFixture[str]
) -> None:
    """Nothing is downloaded, and nothing said."""
    for name in PROGRAMS:
        program(name, "exit 0")
    assert prometheus() is False
    assert capsys.readouterr().out == ""
    found = find("promtool")
    assert found is not None
    assert found.parent.name == "path"


def test_a_registry_that_is_away_stops_nothing(
    program: Program, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Neither the package nor the source can be had: the set-up goes on and says what to do."""
    program("apt-get", "exit 100")

    def fail(step: Step) -> None:
        raise step.failure()

    monkeypatch.setattr(bootstrap_prometheus, "_build", fail)
    assert prometheus() is False
    out = capsys.readouterr().out
    assert "Going on without Prometheus: Check the network" in out
    assert BY_HAND in out
    assert find("no-such-program") is None


def test_without_a_package_they_are_built(
    program: Program, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """On a machine that is no Debian, or whose package does not start; then they are ours."""
    program("apt-get", "exit 100")

    def build(_: Step) -> None:
        for name in PROGRAMS:
            (tmp_path / "bin" / name).write_text("")

    monkeypatch.setattr(bootstrap_prometheus, "_build", build)
    assert prometheus() is True
    assert prometheus() is False


def test_the_demo_gets_none() -> None:
    """Only the whole suite asks for it."""
    makefile = (ROOT / "Makefile").read_text()
    assert "\ntest: browser prometheus " in makefile
    assert "\ndemo: setup " in makefile
