"""`wacall profiles`."""

from pathlib import Path

import pytest
import yaml

from shared.profiles.folder import Profiles
from wacall.operators.profiles import main

SALON = """\
business: Salon
purpose: Haircuts.
greeting: Hi.
numbers: [{id: 100, access_token: TOKEN_OF_SALON}]
hours: {monday: 09:00-18:00}
actions:
  - {name: find, description: Finds., url: "https://shop.example", secret: KEY_OF_SHOP}
"""


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    for name in ("AGENT_PROFILE", "PROFILES_DIR", "TOKEN_OF_SALON", "KEY_OF_SHOP"):
        monkeypatch.delenv(name, raising=False)
    (tmp_path / "salon.yaml").write_text(SALON)
    (tmp_path / "salon.md").write_text("You cut hair.")
    return tmp_path


def test_a_check_says_that_all_is_well(
    folder: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """And which variables are not set here: where the services run they may be."""
    monkeypatch.setenv("WA_APP_SECRET", "set")
    assert main(["--folder", str(folder), "check"]) == 0
    first, *rest = capsys.readouterr().out.splitlines()
    assert "salon" in first
    assert rest == [
        "Not set here: TOKEN_OF_SALON, which salon names in numbers.0.access_token.",
        "Not set here: KEY_OF_SHOP, which salon names in actions.0.secret.",
    ]


def test_a_check_tells_all_errors_at_once(
    folder: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """With file, line and field, of the folder that is configured; 1."""
    (folder / "salon.yaml").write_text(SALON + "voise: ash\n")
    (folder / "bakery.yaml").write_text("business: B\n")
    monkeypatch.setenv("PROFILES_DIR", str(folder))
    assert main(["check"]) == 1
    out, err = capsys.readouterr()
    assert out == ""
    assert err.splitlines() == [
        f"{folder}/bakery.yaml, line 1, purpose: it is missing.",
        f"{folder}/bakery.yaml, line 1, greeting: it is missing.",
        f"{folder}/bakery.yaml, line 1, prompt: the file bakery.md: it cannot be read "
        "(No such file or directory).",
        f"{folder}/salon.yaml, line 8, voise: there is no such field.",
    ]


@pytest.mark.parametrize(
    ("argv", "said"),
    [
        (["--folder", "nowhere", "check"], "nowhere: it cannot be read"),
        (["show", "nobody"], "there is no profile nobody; there are: clinica-sol, default"),
    ],
)
def test_what_is_not_there_is_told(
    folder: Path, capsys: pytest.CaptureFixture[str], argv: list[str], said: str
) -> None:
    """In one sentence."""
    assert main(argv) == 1
    assert said in capsys.readouterr().err


def test_an_unknown_default_is_told(
    folder: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Calls that nobody else answers would have nobody."""
    monkeypatch.setenv("AGENT_PROFILE", "nobody")
    assert main(["check"]) == 1
    assert "there is no profile nobody" in capsys.readouterr().err


def test_each_profile_is_a_line(
    folder: Path, capsys: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture
) -> None:
    """With its numbers; what cannot be used is told below, and not logged as well."""
    (folder / "bakery.yaml").write_text("?")
    assert main(["--folder", str(folder), "list"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].split() == ["NAME", "BUSINESS", "LANGUAGES", "NUMBERS"]
    assert ["salon", "Salon", "en", "100"] in [line.split() for line in lines]
    assert lines[-1].startswith(f"{folder}/bakery.yaml, line 1: ")
    assert not caplog.records


def test_what_is_shown_is_a_whole_profile(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """With what it leaves out; written into a file it is the same profile."""
    assert main(["--folder", str(folder), "show", "salon"]) == 0
    said = capsys.readouterr().out
    assert "You cut hair." in said
    whole = said.partition("# salon.md")[0]
    assert yaml.safe_load(whole)["silence"] == {"ask_after_s": 12, "end_after_s": 12}
    (folder / "copy.yaml").write_text(whole.replace("100", "200"))
    profiles = Profiles(folder, shipped=None)
    copy, salon = profiles.named("copy"), profiles.named("salon")
    assert (
        copy.model_copy(update={"name": "salon", "numbers": salon.numbers, "prompt": ""}) == salon
    )
