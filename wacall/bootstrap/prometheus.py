"""Prometheus and its promtool, with which the tests try what docs/monitoring has for operators.

Standard library only. Those on PATH are taken; else Debian's package is unpacked, without root;
else they are built from source. Only `make test` wants them.
"""

import shutil
from pathlib import Path

from wacall.bootstrap.go_programs import go_for
from wacall.bootstrap.step import Step, StepFailed, fingerprint
from wacall.bootstrap.tools import CACHE, NETWORK, TOOLS, make_step, runs

PROGRAMS = ("prometheus", "promtool")
VERSION = "0.315.1"
"""Of the Go module, which is Prometheus 3.15.1."""
_MODULE = "github.com/prometheus/prometheus"
_HOME = CACHE / "prometheus"
BY_HAND = (
    "run `make prometheus`, or put prometheus and promtool on PATH "
    "(Debian: apt-get install prometheus)"
)


def prometheus() -> bool:
    """Install both programs unless they are on PATH; return whether there was work."""
    if all(shutil.which(name) for name in PROGRAMS):
        return False
    step = make_step(
        "prometheus",
        "Debian's package, 19 MB, or built from source in some minutes",
        f"{NETWORK} (apt-get, go env GOPROXY), or {BY_HAND}.",
        _HOME / ".stamp",
        [TOOLS / name for name in PROGRAMS],
        lambda _: "",
    )
    try:
        return step.run_if_stale(fingerprint(VERSION), _install)
    except StepFailed as failure:
        # the demo and all other tests work without
        print(f"Going on without Prometheus: {failure}", flush=True)
        return False


def _install(step: Step) -> None:
    shutil.rmtree(_HOME, ignore_errors=True)
    _HOME.mkdir(parents=True)
    TOOLS.mkdir(exist_ok=True)
    try:
        _unpack(step)
    except StepFailed:
        _build(step)


def _unpack(step: Step) -> None:
    """Take Debian's package as it is signed there.

    Raises:
        StepFailed: this is no Debian, or what it has does not start here.
    """
    try:
        step.command("apt-get", "download", "-q", "prometheus", cwd=_HOME)
    except StepFailed:
        # a machine that has no lists of packages: some of our own, for nobody else
        lists = _HOME / "lists"
        (lists / "partial").mkdir(parents=True)
        ours = ("-o", f"Dir::State::lists={lists}", "-o", f"Dir::Cache={_HOME}")
        step.command("apt-get", "update", "-q", *ours)
        step.command("apt-get", "download", "-q", *ours, "prometheus", cwd=_HOME)
    for package in _HOME.glob("prometheus_*.deb"):
        step.command("dpkg-deb", "-x", package, _HOME / "package")
    for name in PROGRAMS:
        found = _HOME / "package" / "usr" / "bin" / name
        if runs(found, "--version") is None:
            raise step.failure(f"Debian's {name} does not start here.")
        found.replace(TOOLS / name)
    for rest in _HOME.iterdir():
        shutil.rmtree(rest) if rest.is_dir() else rest.unlink()


def _build(step: Step) -> None:
    """Build without the discovery of clouds' machines, which is most of it."""
    go, environment = go_for(step)
    sources = [f"{_MODULE}/cmd/{name}" for name in PROGRAMS]
    step.command(go, "mod", "init", "programs", env=environment, cwd=_HOME)
    wanted = [f"{source}@v{VERSION}" for source in sources]
    step.command(go, "get", "-tool", *wanted, env=environment, cwd=_HOME)
    step.command(
        go, "build", "-v", "-tags", "remove_all_sd", "-ldflags=-s -w", "-o", TOOLS, *sources,
        env=environment, cwd=_HOME,
    )  # fmt: skip


def find(name: str) -> Path | None:
    """Return where a program is: on PATH, or where the set-up has put it."""
    found = shutil.which(name)
    if found is not None:
        return Path(found)
    return TOOLS / name if (TOOLS / name).exists() else None
