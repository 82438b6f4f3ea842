"""What the set-up puts in place: Python packages, what is built with Go, the local Supabase's API.

Standard library only. Everything lands in the repository, in `.venv`, `.cache` and `node_modules`;
downloads go through the ordinary clients of the package registries.
"""

import fcntl
import os
import shutil
import sys
import time

from wacall.bootstrap.browser import browser
from wacall.bootstrap.dashboard import dashboard
from wacall.bootstrap.go_programs import far_ends, livekit_server, media_bridge
from wacall.bootstrap.npm import install_npm_packages
from wacall.bootstrap.prometheus import prometheus
from wacall.bootstrap.step import Step, StepFailed, fingerprint
from wacall.bootstrap.tools import (
    CACHE,
    NETWORK,
    PIP_FLAGS,
    PYTHON,
    ROOT,
    VENV,
    Count,
    make_step,
    pip,
    runs,
)

NPM_PROJECT = ROOT / "wacall" / "stack" / "supabase"


def set_up(*, with_browser: bool = False, with_prometheus: bool = False) -> int:
    """Bring everything up to date; return the exit code."""
    CACHE.mkdir(exist_ok=True)
    with (CACHE / "set-up.lock").open("w") as lock:
        _wait_for(lock.fileno())
        started = time.monotonic()
        try:
            # a list, so that every step runs
            work = [
                python_packages(), project(), livekit_server(), media_bridge(), far_ends(),
                local_supabase(), dashboard(), with_browser and browser(),
                with_prometheus and prometheus(),
            ]  # fmt: skip
        except StepFailed as failure:
            if failure.tail:
                print(failure.tail, file=sys.stderr)
            print(f"\nThe set-up failed: {failure}", file=sys.stderr)
            return 1
        except KeyboardInterrupt:
            print("\nThe set-up was interrupted; run make again to go on.", file=sys.stderr)
            return 130
        if any(work):
            print(f"The set-up is complete after {time.monotonic() - started:.0f} s.", flush=True)
    return 0


def _wait_for(lock: int) -> None:
    """Let one set-up run at a time; the lock goes with the process."""
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        print("Another set-up runs in this directory; waiting for it.", flush=True)
        fcntl.flock(lock, fcntl.LOCK_EX)


# --- Python ---


def python_packages() -> bool:
    """Make `.venv` hold what `requirements.lock` names; return whether there was work."""
    lock = ROOT / "requirements.lock"
    total = sum("==" in line for line in lock.read_text().splitlines())
    step = make_step(
        "python packages",
        f"{total} packages from requirements.lock into .venv",
        f"{NETWORK} (pip config list), then run make again.",
        VENV / ".packages-stamp",
        [PYTHON],
        Count(r"^(Collecting|Requirement already satisfied:) ", "packages", total),
    )
    return step.run_if_stale(fingerprint(str(ROOT), lock), _install_packages)


def _install_packages(step: Step) -> None:
    lock = ROOT / "requirements.lock"
    if not PYTHON.exists():
        _make_venv(step)
    step.command(*pip(), "install", *PIP_FLAGS, "--require-hashes", "-r", lock)


def _make_venv(step: Step) -> None:
    try:
        step.command(sys.executable, "-m", "venv", "--clear", VENV)
    except StepFailed:
        # some distributions ship Python without the pip that venv wants to copy
        if runs(sys.executable, "-m", "pip", "--version") is None:
            raise step.failure(
                "This Python cannot make a virtual environment with pip: install its venv package "
                "(on Debian: apt-get install python3-venv) and run make again."
            ) from None
        step.command(sys.executable, "-m", "venv", "--clear", "--without-pip", VENV)


def project() -> bool:
    """Install the project itself, so that `.venv/bin/wacall` exists."""
    pyproject = ROOT / "pyproject.toml"
    step = make_step(
        "project",
        "wacall itself into .venv",
        "pyproject.toml may be broken; the log says where.",
        VENV / ".project-stamp",
        [VENV / "bin" / "wacall"],
        lambda _: "",
    )

    def install(step: Step) -> None:
        step.command(
            *pip(), "install", *PIP_FLAGS, "--no-deps", "--no-build-isolation", "--editable", ROOT
        )

    return step.run_if_stale(fingerprint(str(ROOT), pyproject), install)


# --- the local Supabase's API ---


def local_supabase() -> bool:
    """Install the npm packages of the local Supabase."""
    manifests = [NPM_PROJECT / name for name in ("package.json", "package-lock.json")]
    modules = NPM_PROJECT / "node_modules"
    step = make_step(
        "local Supabase",
        "npm packages of its API",
        f"{NETWORK} (npm config get registry), then run make again, "
        "or set SUPABASE_URL and use a project elsewhere.",
        modules / ".stamp",
        [modules],
        lambda _: "",
    )
    node = shutil.which("node") or ""
    size = str(os.stat(node).st_size) if node else ""
    return step.run_if_stale(
        fingerprint(node, size, *manifests), lambda s: install_npm_packages(s, NPM_PROJECT)
    )
