"""`wacall callers`: what is refused before anything starts, and whom the callers talk with."""

from pathlib import Path

import pytest

from wacall.callers.callers import configured_for, is_real, main


def test_a_caller_that_does_not_exist_is_told_with_those_that_do(
    capsys: pytest.CaptureFixture[str],
) -> None:
    """Before a minute is spent on a stack."""
    assert main(["--only", "nobody"]) == 2
    assert "there is no caller 'nobody'; there are abusive, clear" in capsys.readouterr().err


def test_a_script_that_cannot_be_used_is_told_with_its_line(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Scripts of one's own are read first, too."""
    (tmp_path / "mine.yaml").write_text("name: mine\nabuot: x\n", "utf-8")
    assert main(["--scripts", str(tmp_path)]) == 2
    assert "mine.yaml: line 2: abuot" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("configured", "real"),
    [
        ({}, False),
        ({"OPENAI_API_KEY": ""}, False),
        ({"OPENAI_API_KEY": "sk-1"}, True),
        ({"OPENAI_BASE_URL": "http://127.0.0.1:1/v1"}, True),
    ],
)
def test_who_names_an_openai_talks_with_it(configured: dict[str, str], real: bool) -> None:
    """Everybody else talks with the simulated one, for nothing."""
    assert is_real(configured) is real


def test_the_shipped_callers_call_the_shipped_shop() -> None:
    """Callers of one's own call the profile that is configured."""
    configured = {"PROFILES_DIR": "/mine", "AGENT_PROFILE": "bakery", "OPENAI_API_KEY": "sk-1"}
    assert configured_for(configured, is_shipped=True) == {"OPENAI_API_KEY": "sk-1"}
    assert configured_for(configured, is_shipped=False) == configured
