"""What is built with Go: the LiveKit server from its source, our media bridge, far ends for load.

Standard library only.
"""

import os
import shutil
from pathlib import Path

from wacall.bootstrap.step import Step, fingerprint
from wacall.bootstrap.tools import (
    CACHE,
    NETWORK,
    ROOT,
    TOOLS,
    Count,
    install_tool,
    make_step,
    version_of,
)

LIVEKIT_VERSION = "1.13.5"
LIVEKIT_MODULE = "github.com/livekit/livekit-server/cmd/server"
BRIDGE_SOURCE = ROOT / "sfu" / "bridge"
BRIDGE = TOOLS / "wacall-bridge"
LOAD_SOURCE = ROOT / "simulators" / "load"
LOAD = TOOLS / "wacall-load"
# what go.mod of LiveKit's client, which the bridge uses, asks for
GO_MINIMUM = (1, 26, 8)


def livekit_server() -> bool:
    """Find a LiveKit server that fits, or build one into `.cache/bin`."""
    binary = TOOLS / "livekit-server"
    stamp = TOOLS / ".livekit-server-stamp"
    inputs = fingerprint(LIVEKIT_VERSION)
    if not (binary.exists() and stamp.is_file() and stamp.read_text() == inputs):
        found = shutil.which("livekit-server")
        if found is not None and version_of(found, "--version")[:2] == (1, 13):
            return False
    modules = Count(r"^go: downloading ", "modules fetched")
    compiled = Count(r"^[\w./-]+$", "packages compiled")
    step = make_step(
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
    go, environment = go_for(step)
    out = CACHE / "go-out"
    environment["GOBIN"] = os.fspath(out)
    step.command(go, "install", "-v", f"{LIVEKIT_MODULE}@v{LIVEKIT_VERSION}", env=environment)
    TOOLS.mkdir(exist_ok=True)
    (out / "server").replace(TOOLS / "livekit-server")


def media_bridge() -> bool:
    """Build the media bridge into `.cache/bin`."""
    return _own_program("media bridge", BRIDGE_SOURCE, BRIDGE)


def far_ends() -> bool:
    """Build the phones and the OpenAI of the benchmark into `.cache/bin`."""
    return _own_program("far ends for load", LOAD_SOURCE, LOAD)


def _own_program(name: str, source: Path, binary: Path) -> bool:
    inputs = sorted(
        path
        for path in source.iterdir()
        if path.name in ("go.mod", "go.sum")
        or (path.suffix == ".go" and not path.name.endswith("_test.go"))
    )
    modules = Count(r"^go: downloading ", "modules fetched")
    compiled = Count(r"^[\w./-]+$", "packages compiled")
    step = make_step(
        name,
        f"{source.relative_to(ROOT)}, some minutes the first time",
        f"{NETWORK} (go env GOPROXY), then run make again.",
        TOOLS / f".{binary.name}-stamp",
        [binary],
        lambda text: ", ".join(part for part in (modules(text), compiled(text)) if part),
    )
    return step.run_if_stale(fingerprint(*inputs), lambda step: _build(step, source, binary))


def _build(step: Step, source: Path, binary: Path) -> None:
    go, environment = go_for(step)
    TOOLS.mkdir(exist_ok=True)
    step.command(
        go, "build", "-v", "-ldflags=-s -w", "-o", binary, ".", env=environment, cwd=source
    )


def find_go() -> Path | None:
    """Return a Go that is new enough, on PATH or installed by the set-up."""
    cached = CACHE / "go" / "go" / "bin" / "go"
    for candidate in (shutil.which("go"), "/usr/local/go/bin/go", cached):
        if candidate is not None and version_of(candidate, "version") >= GO_MINIMUM:
            return Path(candidate)
    return None


def go_environment() -> dict[str, str]:
    """Return the environment in which programs are built: no C compiler, no other Go."""
    # a GOROOT of another Go would be mixed with the one that is called
    environment = {name: value for name, value in os.environ.items() if name != "GOROOT"}
    environment.update(GOTOOLCHAIN="local", GOFLAGS="-buildvcs=false", CGO_ENABLED="0")
    if "HOME" not in environment:
        environment.update(GOPATH=f"{CACHE}/go-path", GOCACHE=f"{CACHE}/go-build")
    return environment


def go_for(step: Step) -> tuple[Path, dict[str, str]]:
    """Return a Go that is new enough, installed if there is none, and its environment."""
    go = find_go()
    if go is None:
        install_tool(step, "go", CACHE / "go")
        go = CACHE / "go" / "go" / "bin" / "go"
    return go, go_environment()
