"""Calls are traced only where somebody asked for it, and cost nobody else anything."""

import ast

from shared.tracing.starting import start_spans
from tests.paths import ROOT

# what may import OpenTelemetry: these two, which are imported by nobody before tracing begins
USERS = {"shared/tracing/spans.py", "shared/tracing/exporter.py"}


def test_without_an_endpoint_there_are_no_spans() -> None:
    """Whatever else of OpenTelemetry's is set."""
    assert start_spans(None, "wacall-controlplane", {"OTEL_SERVICE_NAME": "x"}) is None


def test_nobody_imports_opentelemetry_before_it_is_needed() -> None:
    """It takes a fifth of a second, in every process."""
    found = set()
    for package in ("shared", "controlplane", "agents"):
        for path in (ROOT / package).rglob("*.py"):
            # at the top of a module: what stands in functions and behind TYPE_CHECKING is not run
            for node in ast.parse(path.read_text("utf-8")).body:
                if isinstance(node, ast.Import | ast.ImportFrom):
                    text = ast.unparse(node)
                    if "opentelemetry" in text or "shared.tracing.spans" in text:
                        found.add(str(path.relative_to(ROOT)))
                    assert "shared.tracing.exporter" not in text, path
    assert found == USERS
