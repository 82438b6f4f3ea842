"""The browser of the pages' tests: one that is there is used; without one a sentence says so."""

import json
import platform
from collections.abc import Callable
from pathlib import Path

import pytest

from wacall.bootstrap import browser as bootstrap_browser
from wacall.bootstrap.browser import BY_HAND, browser
from wacall.bootstrap.step import Step
from wacall.bootstrap.tools import ROOT, TOOLCHAIN

Program = Callable[[str, str], None]


@pytest.fixture
def program(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Program:
    """Put a program on PATH, where nothing else is; the set-up works in an empty directory."""
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr(platform, "machine", lambda: "x86_64")
    monkeypatch.setattr(bootstrap_browser, "_HOME", tmp_path / "browser")
    monkeypatch.setattr(bootstrap_browser, "_PROGRAM", tmp_path / "bin" / "chromium")

    def put(name: str, script: str) -> None:
        (tmp_path / name).write_text(f"#!/bin/sh\n{script}\n")
        (tmp_path / name).chmod(0o755)

    return put


@pytest.mark.parametrize("name", ["chromium-headless-shell", "google-chrome"])
def test_a_browser_that_is_there_is_used(
    program: Program, capsys: pytest.CaptureFixture[str], name: str
) -> None:
    """Nothing is downloaded, and nothing said."""
    program(name, "echo Chromium 147")
    assert browser() is False
    assert capsys.readouterr().out == ""


def test_a_browser_that_does_not_start_is_none(
    program: Program, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """As a stub that only knows of a package to install."""
    program("chromium-browser", "exit 1")
    monkeypatch.setattr(bootstrap_browser, "_install", lambda step, manifests: None)
    assert browser() is True
    assert "done in" in capsys.readouterr().out


def test_a_registry_that_is_away_stops_nothing(
    program: Program, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The set-up goes on and says how to get one; everything but the tests of pages works."""

    def fail(step: Step, manifests: list[Path]) -> None:
        raise step.failure()

    monkeypatch.setattr(bootstrap_browser, "_install", fail)
    assert browser() is False
    out = capsys.readouterr().out
    assert "Going on without a browser: Check the network" in out
    assert BY_HAND in out


def test_a_machine_without_one_on_npm_is_told_so(
    program: Program, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """In one line."""
    monkeypatch.setattr(platform, "machine", lambda: "aarch64")
    assert browser() is False
    assert capsys.readouterr().out == (
        f"browser: there is none for this machine on npm: {BY_HAND}.\n"
    )


def test_the_demo_downloads_none() -> None:
    """Only the whole suite asks for it; what it takes is pinned, and by hash."""
    makefile = (ROOT / "Makefile").read_text()
    assert "\ntest: browser " in makefile
    assert "\ndemo: setup " in makefile
    assert "\ncheck: setup " in makefile
    lock = json.loads((TOOLCHAIN / "browser" / "package-lock.json").read_text())
    packages = {name: one for name, one in lock["packages"].items() if name}
    assert all(one["integrity"].startswith("sha512-") for one in packages.values())
    assert not any("resolved" in one for one in packages.values())
