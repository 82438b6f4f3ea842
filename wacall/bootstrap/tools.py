"""What the set-up's steps have in common: places, counts of progress, pip, toolchains.

Standard library only.
"""

import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

from wacall.bootstrap.step import Step

ROOT = Path(__file__).resolve().parents[2]
CACHE = ROOT / ".cache"
TOOLS = CACHE / "bin"
VENV = ROOT / ".venv"
PYTHON = VENV / "bin" / "python"
TOOLCHAIN = ROOT / "wacall" / "bootstrap" / "toolchain"

NETWORK = "Check the network and the package registry's configuration"
PIP_FLAGS = ("--disable-pip-version-check", "--no-input", "--progress-bar", "off")


class Count:
    """Counts the lines of a growing log that begin with a pattern, for a step's progress."""

    def __init__(self, pattern: str, noun: str, total: int | None = None) -> None:
        self._pattern = re.compile(pattern, re.MULTILINE)
        self._of = f" of {total}" if total else ""
        self._noun = noun
        self._seen = 0

    def __call__(self, text: str) -> str:
        """Take the new part of the log."""
        self._seen += len(self._pattern.findall(text))
        return f"{self._seen}{self._of} {self._noun}" if self._seen else ""


def make_step(
    slug: str, what: str, advice: str, stamp: Path, outputs: list[Path], count: Callable[[str], str]
) -> Step:
    """Return a step whose log has its name."""
    return Step(
        name=slug,
        what=what,
        advice=advice,
        stamp=stamp,
        outputs=outputs,
        log=CACHE / "logs" / f"{slug.replace(' ', '-')}.log",
        count=count,
    )


def pip() -> list[str | Path]:
    """Return how to call the pip that installs into `.venv`."""
    if any(VENV.glob("lib/python*/site-packages/pip")):
        return [PYTHON, "-m", "pip"]
    return [sys.executable, "-m", "pip", "--python", PYTHON]


def install_tool(step: Step, name: str, target: Path) -> None:
    """Install a toolchain that comes as a Python package, pinned by hash, into its own folder."""
    shutil.rmtree(target, ignore_errors=True)
    step.command(
        *pip(), "install", *PIP_FLAGS, "--require-hashes", "--no-deps", "--no-compile",
        "--target", target, "-r", TOOLCHAIN / f"{name}.lock",
    )  # fmt: skip


def runs(*argv: str | Path) -> str | None:
    """Return what a command prints, or `None` if it does not work."""
    try:
        done = subprocess.run(argv, capture_output=True, text=True, timeout=30, check=True)
    except (OSError, subprocess.SubprocessError):
        return None
    return done.stdout


def version_of(binary: str | Path, flag: str) -> tuple[int, ...]:
    """Read the version out of what a program says of itself; `()` if it does not."""
    found = re.search(r"(\d+)\.(\d+)(?:\.(\d+))?", runs(binary, flag) or "")
    return tuple(int(part or 0) for part in found.groups()) if found else ()
