"""Somebody's agent installs what it needs of us beside packages named `agents` and `shared`."""

import subprocess
import sys
import tomllib
import zipfile

import pytest

from tests.component.shipped import Shipped, make_environment
from tests.paths import ROOT

OURS = ROOT / "wacall" / "own_agent"
SCRIPT = ROOT / "examples" / "own_agent" / "agent.py"


@pytest.fixture(scope="module")
def theirs(tmp_path_factory: pytest.TempPathFactory) -> Shipped:
    """An environment with the built distribution, and packages of theirs under our names."""
    work = tmp_path_factory.mktemp("own-agent")
    make_environment(work / "environment")
    # from a copy: setuptools leaves its build folder behind
    source = work / "source"
    source.mkdir()
    for file in OURS.iterdir():
        if file.is_file():
            (source / file.name).write_bytes(file.read_bytes())
    done = subprocess.run(
        [
            sys.executable, "-c",
            "import sys; from setuptools import build_meta; build_meta.build_wheel(sys.argv[1])",
            str(work),
        ],
        cwd=source, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    (built,) = work.glob("wacall_own_agent-*.whl")
    site = work / "site"
    zipfile.ZipFile(built).extractall(site)
    for name in ("agents", "shared"):
        (site / name).mkdir()
        (site / name / "__init__.py").write_text("OWNER = 'somebody else'\n")
    return Shipped(site, work / "environment", work)


def test_both_can_be_imported(theirs: Shipped) -> None:
    """Theirs is still theirs, and the example finds ours."""
    done = theirs.python(
        "-c",
        "import agents, runpy, shared, sys; from wacall.own_agent import phone_call;"
        "runpy.run_path(sys.argv[1]); print(agents.OWNER, shared.OWNER, phone_call.__file__)",
        str(SCRIPT),
    )
    assert done.returncode == 0, done.stderr
    ours = theirs.code / "wacall" / "own_agent" / "phone_call.py"
    assert done.stdout == f"somebody else somebody else {ours}\n"


def test_it_brings_nothing_else(theirs: Shipped) -> None:
    """No other package of ours, no command."""
    code = {path.parent.relative_to(theirs.code).as_posix() for path in theirs.code.rglob("*.py")}
    assert code == {"agents", "shared", "wacall/own_agent"}
    assert {path.name for path in theirs.code.glob("wacall/own_agent/*.py")} == {
        path.name for path in OURS.glob("*.py")
    }
    assert not list(theirs.code.glob("*.dist-info/entry_points.txt"))


def test_both_distributions_are_of_one_version() -> None:
    """And of one licence and one Python, with a livekit-agents that ours is tested with."""
    whole, alone = (
        tomllib.loads((folder / "pyproject.toml").read_text())["project"] for folder in (ROOT, OURS)
    )
    for name in ("version", "license", "requires-python"):
        assert alone[name] == whole[name]
    (tested,) = (one for one in whole["dependencies"] if one.startswith("livekit-agents=="))
    assert tested.replace("==", "~=") in alone["dependencies"]
