"""Profiles on the disk, and what becomes of an edit."""

import logging
import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from shared.profiles.faults import NoSuchProfile, ProfilesUnfit
from shared.profiles.folder import Profiles

SALON = """\
business: Salon
purpose: Appointments for haircuts.
greeting: Good day.
"""


class Folder:
    """A folder of profiles, and a clock that is turned by hand."""

    def __init__(self, path: Path) -> None:
        self.path, self.now = path, 100.0
        self.profiles = Profiles(path, default="salon", shipped=None, clock=lambda: self.now)

    def write(self, name: str, text: str, *, prompt: str = "You cut hair.") -> None:
        (self.path / f"{name}.yaml").write_text(text, "utf-8")
        (self.path / f"{name}.md").write_text(prompt, "utf-8")


@pytest.fixture
def folder(tmp_path: Path) -> Folder:
    made = Folder(tmp_path)
    made.write("salon", SALON)
    return made


@pytest.fixture
def told(caplog: pytest.LogCaptureFixture) -> Iterator[list[str]]:
    """Every action that is logged, as it comes."""
    actions: list[str] = []

    class Listing(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            actions.append(f"{record.action} {getattr(record, 'faults', '')}".strip())  # type: ignore[attr-defined]

    logger, listing = logging.getLogger("shared.profiles.folder"), Listing()
    logger.addHandler(listing)
    with caplog.at_level(logging.INFO, logger.name):
        yield actions
    logger.removeHandler(listing)


def test_a_new_business_is_one_yaml_file_and_one_prompt(folder: Folder) -> None:
    """It is served from the next call on, by a process that runs."""
    assert folder.profiles.for_number("200") is None
    assert folder.profiles.for_call("bakery", "200").business == "Salon"
    folder.write(
        "bakery",
        "business: Bakery\npurpose: Bread.\ngreeting: Hi.\nnumbers: [{id: 200}]\n",
        prompt="You sell bread.",
    )
    served = folder.profiles.for_number("200")
    assert served is not None
    assert (served.name, served.business, served.instructions) == (
        "bakery", "Bakery", "You sell bread.",
    )  # fmt: skip
    assert folder.profiles.for_call("bakery", "200") == served
    assert folder.profiles.for_call("unknown", "200") == served
    assert folder.profiles.for_call("unknown", "7").business == "Salon"
    assert [profile.name for profile in folder.profiles.all()] == ["bakery", "salon"]


def test_an_edit_holds_from_the_next_look(folder: Folder, told: list[str]) -> None:
    """Of the YAML and of the prompt; nothing is read that has not changed."""
    first = folder.profiles.named("salon")
    assert folder.profiles.named("salon") is first
    folder.write("salon", SALON.replace("Salon", "Barber"))
    assert folder.profiles.named("salon").business == "Barber"
    (folder.path / "salon.md").write_text("You shave.")
    assert folder.profiles.named("salon").instructions == "You shave."
    assert told == ["profile-changed", "profile-changed"]
    # a file that takes the other one's place, size and all
    other = folder.path / "salon.new"
    other.write_text(SALON.replace("Salon", "Tailor"))
    os.utime(other, ns=(0, 0))
    other.rename(folder.path / "salon.yaml")
    assert folder.profiles.named("salon").business == "Tailor"


@pytest.mark.parametrize(
    ("yaml", "prompt", "fault"),
    [
        (SALON + "voise: ash\n", "x", "salon.yaml, line 4, voise: there is no such field."),
        (SALON + "voice: [\n", "x", "salon.yaml, line 5: it is not YAML: "),
        (SALON, " \n", "salon.yaml, line 1, prompt: the file salon.md: it is empty."),
        (SALON + "prompt: ../x\n", "x", "salon.yaml, line 4, prompt: it must be the name of"),
        (SALON + "prompt: none.md\n", "x", "salon.yaml, line 4, prompt: the file none.md: it can"),
    ],
)
def test_a_broken_edit_keeps_the_last_good_version(
    folder: Folder, told: list[str], yaml: str, prompt: str, fault: str
) -> None:
    """It is logged once, with file, line and field, until it is mended."""
    folder.profiles.check()
    folder.write("salon", yaml, prompt=prompt)
    for _ in range(3):
        assert folder.profiles.named("salon").instructions == "You cut hair."
    (logged,) = told
    assert logged.startswith(f"profile-unusable {folder.path}/{fault}")
    assert [str(found) for found in folder.profiles.faults()] == [
        logged.removeprefix("profile-unusable ")
    ]
    folder.write("salon", SALON, prompt="You shave.")
    assert folder.profiles.named("salon").instructions == "You shave."
    assert told[1:] == ["profile-changed", "profile-mended"]


def test_a_profile_that_never_could_be_used_speaks_for_nobody(
    folder: Folder, told: list[str]
) -> None:
    """Another business must not answer in its place, not even the shipped one of its name."""
    folder.write("bakery", "business: Bakery\n")
    with pytest.raises(ProfilesUnfit, match=r"bakery.yaml, line 1, purpose: it is missing."):
        folder.profiles.for_call("bakery", "200")
    assert len(told) == 1
    assert [profile.name for profile in folder.profiles.all()] == ["salon"]
    over = Profiles(folder.path, default="salon", shipped=folder.path.parent)
    with pytest.raises(ProfilesUnfit) as caught:
        over.check()
    assert len(caught.value.faults) == 2


def test_a_check_tells_everything_at_once_and_logs_nothing(folder: Folder, told: list[str]) -> None:
    """Of every file; a file whose ending is another one is no profile, and is told as well."""
    folder.write("bakery", "business: Bakery\n")
    folder.write("a name", SALON)
    (folder.path / "shop.yml").write_text(SALON)
    (folder.path / ".salon.yaml.swp").write_text("?")
    (folder.path / ".hidden.yaml").write_text("?")
    (folder.path / "large.yaml").write_bytes(b"#" * 300_000)
    (folder.path / "latin.yaml").write_bytes("business: Caf\xe9".encode("latin-1"))
    (folder.path / "folder.yaml").mkdir()
    with pytest.raises(ProfilesUnfit) as caught:
        folder.profiles.check()
    assert [str(fault).removeprefix(f"{folder.path}/") for fault in caught.value.faults] == [
        "a name.yaml: its name must be letters, digits, - and _, and end in .yaml.",
        "bakery.yaml, line 1, purpose: it is missing.",
        "bakery.yaml, line 1, greeting: it is missing.",
        "folder.yaml: it cannot be read (Is a directory).",
        "large.yaml: it is larger than 256 kB.",
        "latin.yaml: it is not UTF-8; save it with that encoding.",
        "shop.yml: its name must be letters, digits, - and _, and end in .yaml.",
    ]
    assert not told


def test_a_default_that_is_not_there_is_told(tmp_path: Path) -> None:
    """With the names of those that are."""
    folder = Folder(tmp_path)
    folder.write("bakery", SALON)
    with pytest.raises(NoSuchProfile, match="no profile salon; there are: bakery"):
        folder.profiles.check()
    with pytest.raises(NoSuchProfile):
        folder.profiles.for_call("unknown", "1")


def test_a_file_that_is_saved_anew_is_not_taken_for_deleted(folder: Folder) -> None:
    """A program may take it away for a moment; after two seconds it is gone."""
    folder.write("bakery", SALON.replace("Salon", "Bakery"))
    assert folder.profiles.named("bakery").business == "Bakery"
    (folder.path / "bakery.yaml").unlink()
    folder.now += 1.9
    assert folder.profiles.named("bakery").business == "Bakery"
    folder.now += 1.9
    folder.write("bakery", SALON.replace("Salon", "Baker"))
    assert folder.profiles.named("bakery").business == "Baker"
    (folder.path / "bakery.yaml").unlink()
    assert folder.profiles.named("bakery").business == "Baker"
    folder.now += 2.1
    with pytest.raises(NoSuchProfile):
        folder.profiles.named("bakery")


def test_a_folder_that_cannot_be_read_takes_no_profile_away(
    folder: Folder, told: list[str]
) -> None:
    """The shipped ones would speak in their place."""
    assert folder.profiles.named("salon").business == "Salon"
    away = folder.path.rename(folder.path.with_name("away"))
    folder.now += 60
    for _ in range(2):
        assert folder.profiles.named("salon").business == "Salon"
    assert told == ["profiles-unreadable"]
    away.rename(folder.path)
    assert folder.profiles.named("salon").business == "Salon"
    with pytest.raises(ProfilesUnfit, match="cannot be read"):
        Profiles(away, shipped=None).check()


def test_ones_own_profile_takes_the_place_of_the_shipped_one(tmp_path: Path) -> None:
    """By its name, also while the process runs."""
    shipped, own = Folder(tmp_path / "shipped"), Folder(tmp_path / "own")
    for one in (shipped, own):
        one.path.mkdir()
    shipped.write("salon", SALON)
    profiles = Profiles(own.path, default="salon", shipped=shipped.path)
    assert profiles.named("salon").business == "Salon"
    own.write("salon", SALON.replace("Salon", "Mine"))
    assert profiles.named("salon").business == "Mine"


def test_what_is_shipped_can_be_used() -> None:
    """By everybody, without a folder of one's own."""
    profiles = Profiles()
    profiles.check()
    assert profiles.named("default").business == "Harbor Bikes"
    assert not any(profile.numbers for profile in profiles.all())
