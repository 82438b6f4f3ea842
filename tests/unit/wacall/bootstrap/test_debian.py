"""What the set-up takes from Debian: nothing without root, and no service is started."""

import contextlib
import stat
from pathlib import Path

import pytest

from wacall.bootstrap import debian as bootstrap_debian
from wacall.bootstrap.debian import DebianPackage, debian_packages, missing, no_services

NOWHERE = DebianPackage(
    name="no-such-package", program="no-such-program", service="none", purpose="nothing at all"
)
SHELL = DebianPackage(name="dash", program="sh", service="none", purpose="everything")


def test_what_is_there_is_not_wanted() -> None:
    """A program on PATH counts, wherever it came from."""
    assert missing([SHELL, NOWHERE]) == [NOWHERE]


def test_with_everything_there_is_no_work(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """And nothing to say."""
    assert debian_packages([SHELL], tmp_path / "stamp", tmp_path / "log") is False
    assert capsys.readouterr().out == ""


def test_without_root_one_line_says_so(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The set-up goes on."""
    monkeypatch.setattr(bootstrap_debian, "obstacle", lambda: "this is not root")
    assert debian_packages([NOWHERE], tmp_path / "stamp", tmp_path / "log") is False
    assert capsys.readouterr().out == (
        "no-such-program: not installed, since this is not root; it is for nothing at all.\n"
    )


def test_a_failing_apt_stops_nothing(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Everything but outbound calls works without."""
    apt = tmp_path / "apt-get"
    apt.write_text("#!/bin/sh\necho no network\nexit 100\n")
    apt.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:/usr/bin:/bin")
    monkeypatch.setattr(bootstrap_debian, "obstacle", lambda: None)
    monkeypatch.setattr(bootstrap_debian, "POLICY", tmp_path / "policy-rc.d")
    assert debian_packages([NOWHERE], tmp_path / "stamp", tmp_path / "log") is False
    out = capsys.readouterr().out
    assert "Going on without no-such-package: Check apt's configuration" in out
    assert not (tmp_path / "policy-rc.d").exists()


def test_services_are_held_back_meanwhile(tmp_path: Path) -> None:
    """The policy is there, can be run, and goes away, also after a failure."""
    policy = tmp_path / "policy-rc.d"
    with contextlib.suppress(RuntimeError), no_services(policy):
        assert stat.S_IMODE(policy.stat().st_mode) == 0o755
        assert "exit 101" in policy.read_text()
        raise RuntimeError
    assert not policy.exists()


def test_a_policy_of_the_machines_own_stays(tmp_path: Path) -> None:
    """It is neither changed nor removed."""
    policy = tmp_path / "policy-rc.d"
    policy.write_text("theirs")
    with no_services(policy):
        assert policy.read_text() == "theirs"
    assert policy.read_text() == "theirs"
