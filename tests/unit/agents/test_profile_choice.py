"""Which profile leads a call."""

import logging
from pathlib import Path

import pytest

from agents.profile_choice import ProfileChoice
from agents.settings import Settings

NEEDED = {
    "LIVEKIT_URL": "http://127.0.0.1:9", "LIVEKIT_API_KEY": "k", "LIVEKIT_API_SECRET": "s",
    "SUPABASE_URL": "http://127.0.0.1:9", "SUPABASE_SECRET_KEY": "s", "OPENAI_API_KEY": "k",
    "BRIDGE_URL": "http://127.0.0.1:9",
}  # fmt: skip
PROMPT = "---\nbusiness: File\n---\n# instructions\nSell.\n# greeting\nHello.\n"


def choice(**given: object) -> ProfileChoice:
    return ProfileChoice(
        Settings.from_env({**NEEDED, **{name: str(value) for name, value in given.items()}})
    )


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for name, number in (("bakery", "100"), ("salon", "200")):
        (tmp_path / f"{name}.md").write_text("Be kind.")
        (tmp_path / f"{name}.yaml").write_text(
            f"business: {name}\npurpose: x\ngreeting: Hi.\nnumbers: [{{id: {number}}}]\n"
        )
    return tmp_path


@pytest.mark.parametrize(
    ("brief", "number", "alone", "with_file"),
    [
        ("bakery", "200", "bakery", "bakery"),
        ("default", "999", "Harbor Bikes", "File"),
        ("default", "200", "Harbor Bikes", "File"),
        ("gone", "200", "salon", "salon"),
        ("gone", "999", "Harbor Bikes", "File"),
    ],
)
def test_a_call_has_its_briefs_profile_else_its_numbers_else_the_default(
    folder: Path, brief: str, number: str, alone: str, with_file: str
) -> None:
    """A prompt file takes the default's place."""
    assert choice(PROFILES_DIR=folder).for_call(brief, number).business == alone
    file = folder / "mine.txt"
    file.write_text(PROMPT)
    of_file = choice(PROFILES_DIR=folder, AGENT_PROMPT_FILE=file)
    assert of_file.check().business == "File"
    assert of_file.for_call(brief, number).business == with_file


def test_a_broken_edit_of_a_prompt_file_keeps_the_last_good_version(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """It is logged once, until it is mended."""
    file = tmp_path / "prompt.md"
    file.write_text(PROMPT)
    chosen = choice(AGENT_PROMPT_FILE=file)
    assert chosen.for_call("default", "1").instructions == "Sell."
    file.write_text("?")
    with caplog.at_level(logging.ERROR):
        for _ in range(2):
            assert chosen.for_call("default", "1").instructions == "Sell."
    assert len(caplog.records) == 1
    file.write_text(PROMPT.replace("Sell", "Lend"))
    assert chosen.for_call("default", "1").instructions == "Lend."
    file.unlink()
    assert chosen.for_call("default", "1").instructions == "Lend."


def test_what_cannot_work_is_told_at_the_start(folder: Path) -> None:
    """By the variable's name, and whatever else is broken."""
    file = folder / "mine.txt"
    file.write_text("# greeting\nHi.")
    with pytest.raises(ValueError, match=r"^AGENT_PROMPT_FILE: .* `# instructions` section"):
        choice(AGENT_PROMPT_FILE=file).check()
    with pytest.raises(ValueError, match="# instructions"):
        choice(AGENT_PROMPT_FILE=file).for_call("default", "1")
    with pytest.raises(ValueError, match=r"^AGENT_PROFILE: there is no profile shop"):
        choice(AGENT_PROFILE="shop").check()
    file.write_text(PROMPT)
    (folder / "broken.yaml").write_text("?")
    for given in ({}, {"AGENT_PROMPT_FILE": file}):
        with pytest.raises(ValueError, match=r"broken\.yaml, line 1"):
            choice(PROFILES_DIR=folder, **given).check()


def test_nobody_is_told_of_a_recording_that_nobody_can_make(
    folder: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """A worker that decodes does not start with such a profile; a later edit is not announced."""
    chosen = choice(PROFILES_DIR=folder, AGENT_MEDIA="worker")
    assert chosen.check().recording is None
    with (folder / "salon.yaml").open("a") as file:
        file.write("recording: {announcement: This call is recorded.}\n")
    with caplog.at_level(logging.ERROR):
        for _ in range(2):
            assert chosen.for_call("salon", "200").recording is None
    assert len(caplog.records) == 1
    with pytest.raises(ValueError, match=r"cannot record, and the profile salon has `recording`"):
        choice(PROFILES_DIR=folder, AGENT_MEDIA="worker").check()
    assert choice(PROFILES_DIR=folder).for_call("salon", "200").recording is not None
