"""docs/operations.md: every metric, and what to do about every log action."""

import ast
import re
from collections.abc import Iterator

import pytest
from prometheus_client.metrics_core import Metric

from agents.metrics import AgentMetrics
from controlplane.telemetry.metrics import Metrics
from tests.paths import ROOT

LEVELS = ("debug", "info", "warning", "error", "critical", "exception", "log")
SERVICES = ("shared", "controlplane", "agents")


def rows_under(heading: str) -> list[list[str]]:
    """The cells of the table under a heading."""
    page = (ROOT / "docs" / "operations.md").read_text("utf-8")
    part = page.partition(f"\n## {heading}\n")[2].partition("\n## ")[0]
    lines = [line for line in part.splitlines() if line.startswith("| ")][2:]
    return [[cell.strip() for cell in line.strip("|").split(" | ")] for line in lines]


def extras() -> Iterator[tuple[str, ast.expr]]:
    """The `extra` of each log call of the two services, and where it stands."""
    for package in SERVICES:
        for path in sorted((ROOT / package).rglob("*.py")):
            for node in ast.walk(ast.parse(path.read_text("utf-8"))):
                match node:
                    case ast.Call(func=ast.Attribute(attr=word)) if word in LEVELS:
                        for given in node.keywords:
                            if given.arg == "extra":
                                place = f"{path.relative_to(ROOT)}:{node.lineno}"
                                yield place, given.value


def actions_logged() -> set[str]:
    """Each `action`; it stands in the call itself, as a constant."""
    found = set()
    for place, extra in extras():
        assert isinstance(extra, ast.Dict), f"{place}: write `extra` out in the call"
        said = [
            value.value
            for key, value in zip(extra.keys, extra.values, strict=True)
            if isinstance(key, ast.Constant) and key.value == "action"
            if isinstance(value, ast.Constant)
        ]
        assert len(said) == 1, f"{place}: one constant `action`"
        found.add(str(said[0]))
    return found


def shown() -> set[str]:
    """The metrics of control plane, worker and bridge, as Prometheus sees their names."""
    families: list[Metric] = [
        *Metrics().registry.collect(),
        *AgentMetrics().registry.collect(),
    ]
    bridge = (ROOT / "sfu" / "bridge" / "metrics.go").read_text("utf-8")
    return {
        f"{family.name}_total" if family.type == "counter" else family.name for family in families
    } | set(re.findall(r"wacall_bridge_\w+", bridge))


def test_each_action_is_explained() -> None:
    """Both ways: a new action gets a row that says what to do, a gone one loses its row."""
    explained = [row[0].strip("`") for row in rows_under("Log actions")]
    assert explained == sorted(explained)
    assert set(explained) == actions_logged()
    assert len(explained) >= 30


@pytest.mark.parametrize("row", rows_under("Log actions"), ids=lambda row: row[0].strip("`"))
def test_each_action_says_what_to_do(row: list[str]) -> None:
    """Three cells, none of them empty."""
    assert len(row) == 3
    assert all(row)


def test_each_metric_is_explained() -> None:
    """Names as Prometheus sees them; both ways."""
    assert {row[0].strip("`") for row in rows_under("Metrics")} == shown()
