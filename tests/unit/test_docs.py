"""The pages name what is there: folders, files, links, commands."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.paths import ROOT

PAGES = sorted(
    path
    for folder in (ROOT, ROOT / "docs", ROOT / ".github")
    for path in folder.glob("**/*.md" if folder.name == ".github" else "*.md")
)
PACKAGES = ("shared", "controlplane", "agents", "simulators", "wacall")
# what the set-up and a run make
MADE = (".venv/", ".cache/", ".wacall/")


def code_spans(text: str) -> Iterator[str]:
    """What stands in backticks or in a block of code, word by word."""
    for block in re.findall(r"^```\w*\n(.*?)^```", text, re.MULTILINE | re.DOTALL):
        yield from block.split()
    prose = re.sub(r"^```.*?^```", "", text, flags=re.MULTILINE | re.DOTALL)
    for span in re.findall(r"`([^`]+)`", prose):
        yield from span.split()


def paths_in(page: Path) -> set[str]:
    """Each word of code that is a path of the repository: it begins with one of its folders."""
    tops = {path.name for path in ROOT.iterdir()}
    words = {word.strip(",;:()[]\"'") for word in code_spans(page.read_text("utf-8"))}
    return {
        word
        for word in words
        if re.fullmatch(r"[\w.-]+(/[\w.*-]+)*/?", word)
        and (word.split("/")[0] in tops if "/" in word else re.search(r"\.(md|sql|yaml)$", word))
        and not word.startswith(MADE)
    }


def folders() -> set[str]:
    """Every folder of the product that holds code."""
    return {
        f"{path.parent.relative_to(ROOT).as_posix()}/"
        for package in PACKAGES
        for path in (ROOT / package).rglob("*.py")
        if path.name != "__init__.py"
    }


def table_under(heading: str) -> list[list[str]]:
    """The rows of the first table under a heading of the design page."""
    page = (ROOT / "docs" / "design.md").read_text("utf-8")
    part = page.partition(f"\n{heading}\n")[2].partition("\n| --- ")[2].partition("\n")[2]
    rows = part.partition("\n\n")[0].splitlines()
    return [[cell.strip() for cell in row.strip("|").split("|")] for row in rows]


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.relative_to(ROOT).as_posix())
def test_each_path_that_a_page_names_exists(page: Path) -> None:
    """A file that moved takes its mention along."""
    missing = [name for name in sorted(paths_in(page)) if not any(ROOT.glob(name.rstrip("/")))]
    assert not missing


def test_the_pages_name_many_paths() -> None:
    """The search above finds what it looks for."""
    assert len(paths_in(ROOT / "docs" / "design.md")) >= 40


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.relative_to(ROOT).as_posix())
def test_each_link_between_pages_leads_somewhere(page: Path) -> None:
    """Links to files of the repository lead to one, and to a heading that it has."""
    text = page.read_text("utf-8")
    for target in re.findall(r"\]\((?!https?://|mailto:)([^)\s]+)\)", text):
        name, _, anchor = target.partition("#")
        file = page.parent / name if name else page
        assert file.exists(), target
        if anchor:
            assert anchor in anchors(file.read_text("utf-8")), target


def anchors(text: str) -> set[str]:
    """The headings' anchors, as the hosting platforms make them."""
    headings = re.findall(r"^#+ (.+)$", text, re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


def test_the_map_shows_every_folder() -> None:
    """A new folder gets a row in docs/design.md, "The map"; one that is gone loses its own."""
    mapped = [row[0].strip("`") for row in table_under("## The map")]
    assert len(mapped) == len(set(mapped))
    assert set(mapped) == folders()


def test_the_map_says_what_each_folder_is_for() -> None:
    """Every row has three cells with words in them."""
    assert all(len(row) == 3 and all(row) for row in table_under("## The map"))


def test_the_drawing_shows_the_layers() -> None:
    """Each box of the map's picture is a folder or a file; both services' folders are all drawn."""
    page = (ROOT / "docs" / "design.md").read_text("utf-8")
    picture = page.partition("\n## The map\n")[2].partition("```mermaid")[2].partition("```")[0]
    package, drawn = "", set()
    for line in picture.splitlines():
        if opened := re.search(r'subgraph \w+\["(\w+)/', line):
            package = opened[1]
        else:
            boxes = re.findall(r'\w\["(\w+/|\w+\.py)', line)
            drawn |= {f"{package}/{box}" for box in boxes}
    assert not [box for box in drawn if not (ROOT / box).exists()]
    services = {name for name in folders() if name.startswith(("shared/", "controlplane/"))}
    assert services - {"controlplane/"} <= drawn
