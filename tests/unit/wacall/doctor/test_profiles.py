"""What the doctor says of the profiles."""

from pathlib import Path

import pytest

from agents.settings import Settings
from wacall.doctor.profiles import judge_profiles

NEEDED = {
    "LIVEKIT_URL": "http://127.0.0.1:9", "LIVEKIT_API_KEY": "k", "LIVEKIT_API_SECRET": "s",
    "SUPABASE_URL": "http://127.0.0.1:9", "SUPABASE_SECRET_KEY": "s", "OPENAI_API_KEY": "k",
    "BRIDGE_URL": "http://127.0.0.1:9",
}  # fmt: skip


def settings(**given: object) -> Settings:
    return Settings.from_env({**NEEDED, **{name: str(value) for name, value in given.items()}})


def test_what_is_shipped_is_good() -> None:
    """For whoever tries it out."""
    assert judge_profiles(settings(), {}).status == "ok"


def test_a_real_line_must_not_speak_as_the_example(tmp_path: Path) -> None:
    """The example's shop is nobody's; with a profile of one's own nothing is to be said."""
    finding = judge_profiles(settings(), {}, number="100", is_real=True)
    assert finding.status == "warn"
    assert "Harbor Bikes" in finding.message
    assert "PROFILES_DIR" in finding.fix
    (tmp_path / "bakery.md").write_text("You sell bread.")
    (tmp_path / "bakery.yaml").write_text(
        "business: Bakery\npurpose: Bread.\ngreeting: Hi.\nnumbers: [{id: 100}]\n"
    )
    own = settings(PROFILES_DIR=tmp_path)
    assert judge_profiles(own, {}, number="100", is_real=True).status == "ok"
    assert judge_profiles(own, {}, number="101", is_real=True).status == "warn"
    default = settings(PROFILES_DIR=tmp_path, AGENT_PROFILE="bakery")
    assert judge_profiles(default, {}, number="101", is_real=True).status == "ok"


@pytest.mark.parametrize(
    "content", [b"", b"# greeting\nHello.\n", b"---\ntimezone: Moon/Base\n---\n", b"\xff\xfe\x00"]
)
def test_a_prompt_that_cannot_be_used_is_told(tmp_path: Path, content: bytes) -> None:
    """Empty, half, broken or no text at all."""
    file = tmp_path / "prompt.md"
    file.write_bytes(content)
    finding = judge_profiles(settings(AGENT_PROMPT_FILE=file), {})
    assert finding.status == "fail"
    assert "AGENT_PROMPT_FILE" in finding.message


def test_a_profile_that_is_not_there_is_told() -> None:
    """It names the profile and the variable."""
    finding = judge_profiles(settings(AGENT_PROFILE="bakery"), {})
    assert finding.status == "fail"
    assert "AGENT_PROFILE: there is no profile bakery" in finding.message


def test_every_broken_profile_is_told(tmp_path: Path) -> None:
    """Also one that this number does not need."""
    (tmp_path / "bakery.yaml").write_text("business: Bakery\n")
    finding = judge_profiles(settings(PROFILES_DIR=tmp_path), {})
    assert finding.status == "fail"
    assert "bakery.yaml, line 1, purpose: it is missing." in finding.message


def test_the_key_of_an_action_that_is_not_set_is_told(tmp_path: Path) -> None:
    """Before the first caller finds out; by its variable, its action and its profile."""
    (tmp_path / "bakery.md").write_text("You sell bread.")
    (tmp_path / "bakery.yaml").write_text(
        "business: Bakery\npurpose: Bread.\ngreeting: Hi.\n"
        "actions:\n"
        "- {name: findOrder, description: Finds., url: 'https://a.example/', secret: KEY}\n"
    )
    for environ in ({}, {"KEY": " "}):
        finding = judge_profiles(settings(PROFILES_DIR=tmp_path), environ)
        assert finding.status == "fail"
        assert "KEY (findOrder of bakery)" in finding.message
    assert judge_profiles(settings(PROFILES_DIR=tmp_path), {"KEY": "k"}).status == "ok"
