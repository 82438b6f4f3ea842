"""The browser that the tests open web pages in: one on PATH, else one that comes by npm.

Standard library only. Only `make browser` and `make test` want it: 68 MB to download, 200 MB on
disk. It needs no root and no distribution's packages. Where it cannot be had the set-up says so and
goes on, and the tests of pages fail with what to do.
"""

import platform
import shutil
import sys
import tarfile
from pathlib import Path

from wacall.bootstrap.npm import install_npm_packages, node
from wacall.bootstrap.step import Step, StepFailed, fingerprint
from wacall.bootstrap.tools import CACHE, NETWORK, TOOLCHAIN, TOOLS, make_step, runs

# what can be driven without a screen; the first one has no window at all
BROWSERS = ("chromium-headless-shell", "chromium", "chromium-browser", "google-chrome")
BY_HAND = (
    "run `make browser`, or put Chromium or Chrome on PATH "
    "(Debian: apt-get install chromium-headless-shell)"
)
_HOME = CACHE / "browser"
_PROGRAM = TOOLS / "chromium-headless-shell"
_UNPACK = (
    "const [from, to] = process.argv.slice(1), fs = require('fs');"
    "require('stream').pipeline(fs.createReadStream(from),"
    "require('zlib').createBrotliDecompress(), fs.createWriteStream(to),"
    "(error) => { if (error) throw error; });"
)


def browser() -> bool:
    """Install a browser unless there is one; return whether there was work."""
    if any(runs(found, "--version") for found in map(shutil.which, BROWSERS) if found):
        return False
    if not (sys.platform == "linux" and platform.machine() == "x86_64"):
        print(f"browser: there is none for this machine on npm: {BY_HAND}.", flush=True)
        return False
    manifests = [TOOLCHAIN / "browser" / name for name in ("package.json", "package-lock.json")]
    step = make_step(
        "browser",
        "Chromium for the tests of web pages, 68 MB",
        f"{NETWORK} (npm config get registry), or {BY_HAND}.",
        _HOME / ".stamp",
        [_PROGRAM],
        lambda _: "",
    )
    try:
        return step.run_if_stale(fingerprint(*manifests), lambda s: _install(s, manifests))
    except StepFailed as failure:
        # the demo and all other tests work without
        print(f"Going on without a browser: {failure}", flush=True)
        return False


def _install(step: Step, manifests: list[Path]) -> None:
    shutil.rmtree(_HOME, ignore_errors=True)
    _HOME.mkdir(parents=True)
    for manifest in manifests:
        shutil.copy(manifest, _HOME)
    install_npm_packages(step, _HOME)
    packed = _HOME / "node_modules" / "@sparticuz" / "chromium" / "bin"
    chromium, libraries = _HOME / "chromium", _HOME / "libraries.tar"
    step.command(node(step), "-e", _UNPACK, packed / "chromium.br", chromium)
    chromium.chmod(0o755)
    # NSS, which few servers have; everything else is in the program
    step.command(node(step), "-e", _UNPACK, packed / "al2023.tar.br", libraries)
    (_HOME / "lib").mkdir()
    with tarfile.open(libraries) as archive:
        for member in archive:
            if (file := archive.extractfile(member)) is not None:
                (_HOME / "lib" / Path(member.name).name).write_bytes(file.read())
    libraries.unlink()
    shutil.rmtree(_HOME / "node_modules")
    TOOLS.mkdir(exist_ok=True)
    _PROGRAM.write_text(
        '#!/bin/sh\nhome="$(dirname "$0")/../browser"\n'
        'LD_LIBRARY_PATH="$home/lib" exec "$home/chromium" "$@"\n'
    )
    _PROGRAM.chmod(0o755)
    if runs(_PROGRAM, "--version") is None:
        raise step.failure("The browser that was downloaded does not start here.")
