"""How the tests are laid out: unit tests mirror the product, and share through plain modules."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.paths import ROOT

TESTS = ROOT / "tests"
UNIT = TESTS / "unit"
MODULES = sorted(TESTS.rglob("*.py"))


def imported(path: Path) -> Iterator[str]:
    """Every dotted name that a file imports something from, or might."""
    for node in ast.walk(ast.parse(path.read_text(), str(path))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(TESTS)))
def test_nothing_is_imported_from_a_test_module(path: Path) -> None:
    """What two tests need lies in a module of its own, fixtures of several in a conftest.

    A test module that others import runs for them too, and cannot be changed for its own sake.
    """
    wrong = [
        name
        for name in imported(path)
        if name.startswith("tests.")
        and any(part == "conftest" or part.startswith("test_") for part in name.split("."))
        and not name.startswith("tests.e2e.conftest")
    ]
    assert not wrong


def test_unit_tests_lie_where_their_module_lies() -> None:
    """`tests/unit/a/b/test_c.py` is about `a/b/c.py`; at the top stand those about the whole."""
    astray = [
        str(path.relative_to(ROOT))
        for path in sorted(UNIT.rglob("test_*.py"))
        if path.parent != UNIT
        and not (ROOT / path.parent.relative_to(UNIT) / path.name.removeprefix("test_")).exists()
    ]
    assert not astray
