"""The examples that people copy."""

import re

import pytest

from shared.profiles.folder import SHIPPED
from shared.profiles.profile import Profile
from shared.profiles.reading import Text, read_profile
from tests.paths import ROOT


def read(text: str) -> Profile:
    given = Text(file="example.yaml", text=text)
    return read_profile("example", given, lambda name: Text(file=name, text="You are kind."))


def test_the_readmes_example_is_a_profile() -> None:
    """Whoever copies it has one that works."""
    (example,) = re.findall(r"```yaml\n(business:.*?)```", (ROOT / "README.md").read_text(), re.S)
    profile = read(example)
    assert profile.numbers[0].access_token == "WA_ACCESS_TOKEN_OF_THE_BAKERY"
    assert profile.language == "de"


@pytest.mark.parametrize("name", ["clinica-sol"])
def test_what_an_example_shows_behind_marks_is_right_too(name: str) -> None:
    """Without the marks it is a profile with numbers, an action, and a recording."""
    text = (SHIPPED / f"{name}.yaml").read_text("utf-8")
    # a mark before a field, an item or what stands under one, and not before a sentence
    bare = re.sub(r"^# (?=[a-z]+:|  )", "", text, flags=re.M)
    profile = read(bare)
    assert profile.numbers[0].app_secret == "WA_APP_SECRET_SOL"
    assert profile.actions[0].parameters["required"] == ["from", "treatment"]
    assert profile.recording is not None


def test_the_examples_speak_different_languages() -> None:
    """And each of them in whole phrases of its own or ours."""
    languages = {read(path.read_text("utf-8")).language for path in SHIPPED.glob("*.yaml")}
    assert len(languages) >= 2
