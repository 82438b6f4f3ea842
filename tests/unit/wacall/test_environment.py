"""What is configured: `.env` under the real environment."""

import os
import shlex
import stat
from pathlib import Path

import pytest

from shared.process.env_file import read_env_file
from simulators.phone import recording
from simulators.phone.recording import Timeline
from wacall import environment


def test_real_variables_win(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """`.env` fills in what the environment does not say; empty values say nothing."""
    (tmp_path / ".env").write_text("WA_APP_SECRET=file\nWA_VERIFY_TOKEN=file\nPORT=\n")
    monkeypatch.setenv("WA_APP_SECRET", "real")
    monkeypatch.setenv("WA_VERIFY_TOKEN", "")
    loaded = environment.load(tmp_path)
    assert loaded["WA_APP_SECRET"] == "real"
    assert loaded["WA_VERIFY_TOKEN"] == "file"
    assert "PORT" not in loaded


def test_a_running_stack_fills_in_what_is_not_configured(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whoever calls or asks the doctor beside `wacall up` need not repeat its keys."""
    (tmp_path / ".env").write_text("WA_APP_SECRET=configured\n")
    assert "LIVEKIT_URL" not in environment.load_running(tmp_path)
    file = tmp_path / environment.DATA_DIR / environment.STACK_FILE
    environment.write_private(file, "WA_APP_SECRET=stack\nLIVEKIT_URL=stack\nPORT=1\n")
    monkeypatch.setenv("PORT", "2")
    loaded = environment.load_running(tmp_path)
    assert (loaded["WA_APP_SECRET"], loaded["LIVEKIT_URL"], loaded["PORT"]) == (
        "configured",
        "stack",
        "2",
    )
    assert "LIVEKIT_URL" not in environment.load(tmp_path)


def test_operators_mean_the_stack_that_runs_here(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Beside `wacall try` nothing reaches the real control plane that `.env` names."""
    (tmp_path / ".env").write_text(
        "CONTROLPLANE_URL=https://real.example\nCONTROLPLANE_API_KEY=real\nPORT=1\nOTHER=file\n"
    )
    loaded = environment.load_for_operators(tmp_path)
    assert loaded["CONTROLPLANE_URL"] == "https://real.example"
    file = tmp_path / environment.DATA_DIR / environment.STACK_FILE
    environment.write_private(
        file, "CONTROLPLANE_URL=http://127.0.0.1:4\nCONTROLPLANE_API_KEY=stack\nPORT=4\n"
    )
    monkeypatch.setenv("PORT", "2")
    loaded = environment.load_for_operators(tmp_path)
    assert (loaded["CONTROLPLANE_URL"], loaded["CONTROLPLANE_API_KEY"]) == (
        "http://127.0.0.1:4",
        "stack",
    )
    assert (loaded["PORT"], loaded["OTHER"]) == ("2", "file")


def test_comments_after_values_are_no_values(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The shipped example, copied as it is, sets nothing at all."""
    example = environment.REPOSITORY / ".env.example"
    assert read_env_file(example) == {}
    uncommented = [
        line.removeprefix("# ") for line in example.read_text().splitlines() if "=" in line
    ]
    (tmp_path / "all").write_text("\n".join(uncommented))
    assert read_env_file(tmp_path / "all") == {}


def test_env_files_survive_awkward_values(tmp_path: Path) -> None:
    """What is written can be read back, by us and by a shell."""
    values = {"A": "it's", "B": 'say "hi" $HOME', "C": "a#b c"}
    text = environment.to_env_file(values)
    assert dict(word.split("=", 1) for word in shlex.split(text)) == values
    file = tmp_path / "env"
    environment.write_private(file, environment.to_env_file({"B": values["B"], "C": values["C"]}))
    assert read_env_file(file) == {"B": values["B"], "C": values["C"]}


def test_private_files_are_private(tmp_path: Path) -> None:
    """Only the owner can read them, even where an open one lay before."""
    file = tmp_path / "deep" / "keys"
    file.parent.mkdir()
    file.write_text("open")
    file.chmod(0o644)
    environment.write_private(file, "secret")
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert os.listdir(file.parent) == ["keys"]


def test_folders_of_ours_are_closed_to_others(tmp_path: Path) -> None:
    """New ones with all that had to be made on the way; of old ones those that are ours."""
    new = environment.private_folder(tmp_path / "a" / "b")
    assert [mode_of(one) for one in (new, new.parent)] == [0o700, 0o700]
    for name, mode in ((".wacall", 0o700), (".wacall/logs", 0o700), ("own", 0o755)):
        folder = tmp_path / name
        folder.mkdir(mode=0o755)
        folder.chmod(0o755)
        environment.private_folder(folder)
        assert mode_of(folder) == mode, name


def test_files_of_ours_are_not_read_by_others(tmp_path: Path) -> None:
    """Whatever the umask says."""
    before = os.umask(0)
    try:
        with open(tmp_path / "log", "ab", opener=environment.open_private):
            pass
        recording.write_stereo(tmp_path / "calls" / "1.wav", Timeline(8000), Timeline(8000))
    finally:
        os.umask(before)
    assert mode_of(tmp_path / "log") == 0o600
    assert mode_of(tmp_path / "calls") == 0o700
    assert mode_of(tmp_path / "calls" / "1.wav") == 0o600


def mode_of(path: Path) -> int:
    """Who may do what with it."""
    return stat.S_IMODE(path.stat().st_mode)


@pytest.mark.parametrize("text", ["x", "-1", "65536", "4000.5"])
def test_malformed_ports_are_named(text: str) -> None:
    """A port that is none stops the start with the variable's name."""
    with pytest.raises(ValueError, match=r"^SFU_PORT is malformed"):
        environment.port_of({"SFU_PORT": text}, "SFU_PORT", 1)


def test_the_set_ups_programs_come_first() -> None:
    """A program that the set-up fetched wins over an older one on PATH, and is there once."""
    once = environment.with_tools({"PATH": "/usr/bin"})
    assert once["PATH"] == f"{environment.TOOLS}:/usr/bin"
    assert environment.with_tools(once) == once
