"""docs/faults.md: each fault is backed by a test that exists."""

import ast
import re

import pytest

from tests.paths import ROOT

ROWS = [
    line.strip("|").split(" | ")
    for line in (ROOT / "docs" / "faults.md").read_text("utf-8").splitlines()
    if line.startswith("| ") and not line.startswith(("| ---", "| fault |"))
]


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row[0].strip())
def test_each_fault_names_its_test(row: list[str]) -> None:
    """Three cells; the last names a function of a test module."""
    assert len(row) == 3
    named = re.fullmatch(r"`(tests/[\w/]+\.py)::(test_\w+)`", row[2].strip())
    assert named is not None
    module = ast.parse((ROOT / named[1]).read_text("utf-8"))
    functions = ast.FunctionDef | ast.AsyncFunctionDef
    assert named[2] in {node.name for node in module.body if isinstance(node, functions)}


def test_the_page_has_rows() -> None:
    """The search above finds them."""
    assert len(ROWS) >= 10
