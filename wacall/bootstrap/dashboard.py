"""What the dashboard's pages are made with in the browser: from npm, copied beside the pages.

Standard library only.
"""

import shutil
from pathlib import Path

from wacall.bootstrap.npm import install_npm_packages
from wacall.bootstrap.step import Step, fingerprint
from wacall.bootstrap.tools import CACHE, NETWORK, ROOT, make_step

PROJECT = ROOT / "controlplane" / "dashboard"
VENDOR = PROJECT / "vendor"
FILES = (
    "htm/preact/standalone.module.js",
    "uplot/dist/uPlot.iife.min.js",
    "uplot/dist/uPlot.min.css",
    "livekit-client/dist/livekit-client.umd.js",
)
"""In npm's folder; the Dockerfile copies the same."""
AXE = CACHE / "dashboard" / "node_modules" / "axe-core" / "axe.min.js"
"""What judges the pages' accessibility; for tests."""
_MANIFESTS = ("package.json", "package-lock.json", ".npmrc")


def dashboard() -> bool:
    """Install the dashboard's npm packages; return whether there was work."""
    step = make_step(
        "dashboard",
        "npm packages of its pages",
        f"{NETWORK} (npm config get registry), then run make again.",
        VENDOR / ".stamp",
        [AXE, *(VENDOR / Path(name).name for name in FILES)],
        lambda _: "",
    )
    inputs = fingerprint(*FILES, *(PROJECT / name for name in _MANIFESTS))
    return step.run_if_stale(inputs, _install)


def _install(step: Step) -> None:
    home = CACHE / "dashboard"
    home.mkdir(parents=True, exist_ok=True)
    for name in _MANIFESTS:
        shutil.copy(PROJECT / name, home)
    install_npm_packages(step, home)
    shutil.rmtree(VENDOR, ignore_errors=True)
    VENDOR.mkdir()
    for name in FILES:
        shutil.copy(home / "node_modules" / name, VENDOR)
