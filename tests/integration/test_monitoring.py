"""promtool on docs/monitoring/, as an operator would call it."""

import asyncio

import pytest

from tests.paths import ROOT
from wacall.bootstrap import prometheus

FOLDER = ROOT / "docs" / "monitoring"


@pytest.mark.parametrize(
    "what", [("check", "config", "prometheus.yml"), ("test", "rules", "alerts_test.yaml")]
)
async def test_promtool_is_content(what: tuple[str, ...]) -> None:
    """The example can be loaded; each alert fires by its cause, and none while all is well."""
    promtool = prometheus.find("promtool")
    assert promtool is not None, f"There is no promtool: {prometheus.BY_HAND}."
    process = await asyncio.create_subprocess_exec(
        promtool, *what, cwd=FOLDER,
        stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT,
    )  # fmt: skip
    said, _ = await process.communicate()
    assert process.returncode == 0, said.decode()
    assert "SUCCESS" in said.decode()
