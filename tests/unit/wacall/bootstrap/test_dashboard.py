"""What of npm the dashboard gets, here and in the image."""

import json
import re

from wacall.bootstrap.dashboard import FILES, PROJECT
from wacall.bootstrap.tools import ROOT


def test_the_image_has_the_same_files() -> None:
    """The Dockerfile copies what the set-up copies."""
    copied = re.findall(r"/src/node_modules/(\S+) ", (ROOT / "Dockerfile").read_text())
    assert copied == list(FILES)


def test_the_packages_are_pinned_and_the_lock_has_no_address() -> None:
    """Exact versions; whoever installs uses their own registry."""
    manifest = json.loads((PROJECT / "package.json").read_text())
    pins = manifest["dependencies"] | manifest["devDependencies"]
    assert all(version[0].isdigit() for version in pins.values())
    assert {name.split("/")[0] for name in FILES} == set(manifest["dependencies"])
    assert "resolved" not in (PROJECT / "package-lock.json").read_text()
