"""`wacall try`: which OpenAI it uses, what it says of that, and whether a browser is opened."""

from pathlib import Path

import pytest

from wacall.stack.simulated import Simulators, simulated
from wacall.stack.trial import has_screen, main, uses_real_openai

KEY = {"OPENAI_API_KEY": "sk-real", "OPENAI_BASE_URL": "https://eu.api.openai.com/v1"}


def invitation(own: dict[str, str], *, real: bool) -> str:
    told = Simulators(own, logs=Path(), echo=None, report=lambda _: None, real_openai=real)
    return told.invitation


@pytest.mark.parametrize(
    ("configured", "is_real"),
    [(KEY, True), ({}, False), ({"OPENAI_API_KEY": ""}, False), ({"OPENAI_API_KEY": " "}, False)],
)
def test_a_key_makes_it_the_real_openai(configured: dict[str, str], is_real: bool) -> None:
    """All that is said of OpenAI is kept then; without a key nothing of it is."""
    assert uses_real_openai(configured) is is_real
    own = simulated({**configured, "WA_ACCESS_TOKEN": "of-the-line"}, real_openai=is_real)
    kept = {name: own.get(name) for name in KEY}
    assert (kept == KEY) is is_real
    assert own["WA_ACCESS_TOKEN"] != "of-the-line"
    assert ("OpenAI is the real one, at its price" in invitation(own, real=is_real)) is is_real


@pytest.mark.parametrize(
    ("media", "said"),
    [
        ("bridge", "WA_MEDIA=bridge: the caller's sound goes to the media bridge."),
        ("", "WA_MEDIA=direct: the caller's sound goes to the SFU itself, which drops keys."),
    ],
)
def test_it_is_said_which_way_the_sound_goes(media: str, said: str) -> None:
    """Who presses keys in vain learns here why."""
    own = {"WA_MEDIA": media, "WA_GRAPH_BASE_URL": "http://127.0.0.1:4001"}
    assert invitation(own, real=False).endswith(said)


@pytest.mark.parametrize(
    ("environ", "platform", "can"),
    [
        ({"DISPLAY": ":0"}, "linux", True),
        ({"WAYLAND_DISPLAY": "wayland-0"}, "linux", True),
        ({}, "linux", False),
        ({"SSH_CONNECTION": "1"}, "linux", False),
        ({"SSH_CONNECTION": "1", "DISPLAY": "localhost:10"}, "linux", True),
        ({}, "darwin", True),
        ({"SSH_CONNECTION": "1"}, "darwin", False),
        ({}, "win32", True),
    ],
)
def test_a_browser_is_opened_where_there_is_a_screen(
    environ: dict[str, str], platform: str, can: bool
) -> None:
    """A browser for terminals would hide what is told."""
    assert has_screen(environ, platform) is can


def test_what_is_malformed_is_a_sentence(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    """Before anything is started, and with the variable's name."""
    monkeypatch.setenv("PORT", "many")
    assert main(["--no-open", "--data-dir", str(tmp_path)]) == 2
    assert "PORT" in capsys.readouterr().err
